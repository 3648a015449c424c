"""From a config and a checkpoint to a network; a checkpoint that does not fit is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pfld_mm.compat  # noqa: F401  (before anything of mmpose)

# isort: split
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.runner import load_checkpoint
from mmengine.runner.checkpoint import _load_checkpoint
from mmpose.registry import MODELS
from torch import Tensor, nn


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
    """Raise a ValueError unless the file at ``path`` holds every parameter of ``model``, finite.

    MMEngine only warns. Parameters of the file that the model lacks are allowed (a pose branch,
    say). The model itself is not changed.

    Args:
        model: The model the checkpoint is meant for.
        path: Path or address of a checkpoint.
    """
    found, wanted = _weights(_load_checkpoint(path, map_location='cpu')), _wanted(model)
    missing = [key for key in wanted if key not in found]
    reshaped = [k for k, v in wanted.items() if k in found and found[k].shape != v.shape]
    if not missing and not reshaped:
        check_finite(found, path)
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


def check_finite(weights: Mapping[str, Tensor], path: str) -> None:
    """Raise a ValueError if one of the weights of ``path`` is NaN or infinite."""
    bad = [k for k, v in weights.items() if v.is_floating_point() and not v.isfinite().all()]
    if bad:
        raise ValueError(
            f'{path}: {len(bad)} of {len(weights)} tensors are not finite (first: {bad[0]}), the '
            'training diverged; give an earlier checkpoint'
        )


def check_resumable(model: nn.Module, path: str) -> None:
    """Raise a ValueError unless training of ``model`` can go on from ``path``."""
    checkpoint = _load_checkpoint(path, map_location='cpu')
    parts = [key for key in ('meta', 'message_hub', 'optimizer') if key not in checkpoint]
    if parts or not {'epoch', 'iter'} <= checkpoint['meta'].keys():
        raise ValueError(
            f'{path} holds weights and no state of a training ({parts or "epoch"} not there): to '
            f'start from these weights set load_from={path} instead of --resume'
        )
    check_fits(model, path)


def check_start(model: nn.Module, path: str) -> str:
    """Whether ``path`` holds weights to start a training of ``model`` from; its head may differ.

    Returns:
        How many tensors fit, in a sentence.

    Raises:
        ValueError: If (nearly) nothing of the backbone fits.
    """
    found, wanted = _weights(_load_checkpoint(path, map_location='cpu')), _wanted(model)
    check_finite(found, path)
    fits = [k for k, v in wanted.items() if k in found and found[k].shape == v.shape]
    # scalars, batches counted, fit by their names alone
    backbone = [k for k, v in wanted.items() if k.startswith('backbone.') and v.ndim]
    used = [k for k in backbone if k in fits]
    if 10 * len(used) < len(backbone):
        raise ValueError(
            f'{path} is of another network: {len(used)} of the {len(backbone)} tensors of '
            'model.backbone fit; give a checkpoint of this backbone, or load_from=None'
        )
    return f'{path}: {len(fits)} of the {len(wanted)} tensors of the model fit'


def _weights(checkpoint: dict) -> dict[str, Tensor]:
    """Of a checkpoint or a bare state dict."""
    found = checkpoint.get('state_dict', checkpoint)
    return {k.removeprefix('module.'): v for k, v in found.items() if isinstance(v, Tensor)}


def _wanted(model: nn.Module) -> dict[str, Tensor]:
    weights = model.state_dict()
    return {k: v for k, v in weights.items() if not k.startswith('data_preprocessor.')}
