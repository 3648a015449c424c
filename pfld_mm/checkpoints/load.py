"""From a config and a checkpoint to a network; a checkpoint that does not fit is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pfld_mm.compat  # noqa: F401  (before anything of mmpose)

# isort: split
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.runner import load_checkpoint
from mmengine.runner.checkpoint import _load_checkpoint
from mmpose.registry import MODELS
from torch import nn


def load_model(cfg: Config, checkpoint: str) -> nn.Module:
    """The network as it was trained, in eval mode, on the CPU.

    Args:
        cfg: The model config.
        checkpoint: Path or address of its weights.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the weights are not those of this model.
    """
    if '://' not in checkpoint and not Path(checkpoint).is_file():
        raise FileNotFoundError(f'the checkpoint {checkpoint} does not exist')
    model = revert_sync_batchnorm(MODELS.build(cfg.model))
    check_fits(model, checkpoint)
    load_checkpoint(model, checkpoint, map_location='cpu', logger='silent')
    return model.eval()


def hash_weights(model: nn.Module) -> str:
    """SHA-256 over the names and values of all parameters and buffers, as 64 hex digits."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def check_fits(model: nn.Module, path: str) -> None:
    """Raise a ValueError unless the file at ``path`` holds every parameter of ``model``.

    MMEngine only warns. Parameters of the file that the model lacks are allowed (a pose branch,
    say). The model itself is not changed.

    Args:
        model: The model the checkpoint is meant for.
        path: Path or address of a checkpoint.
    """
    checkpoint = _load_checkpoint(path, map_location='cpu')
    found = checkpoint.get('state_dict', checkpoint)
    found = {key.removeprefix('module.'): value for key, value in found.items()}
    wanted = model.state_dict()
    wanted = {k: v for k, v in wanted.items() if not k.startswith('data_preprocessor.')}
    missing = [key for key in wanted if key not in found]
    reshaped = [k for k, v in wanted.items() if k in found and found[k].shape != v.shape]
    if not missing and not reshaped:
        return
    if any('reparam_conv' in key for key in found) and any('rbr_conv' in key for key in missing):
        advice = 'it is in deployed form: set model.backbone.inference_mode=True'
    else:
        advice = 'give the config that it was trained with'
    raise ValueError(
        f'{path} does not fit this model: {len(missing)} of its {len(wanted)} tensors are missing '
        f'(first: {missing[:3]}), {len(reshaped)} have another shape (first: '
        f'{[(k, tuple(found[k].shape), tuple(wanted[k].shape)) for k in reshaped[:2]]}); {advice}'
    )
