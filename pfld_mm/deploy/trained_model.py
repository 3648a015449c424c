"""From a model config and a checkpoint to the network in eval mode."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pfld_mm.compat  # noqa: F401  (before anything of mmpose)

# isort: split
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmpose.registry import MODELS
from torch import nn

from pfld_mm.checkpoints.load import check_fits


def load_config(path: str, options: dict | None = None) -> Config:
    """A model config with its overrides.

    Args:
        path: The config file.
        options: Overrides, as of ``--cfg-options``.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    from pfld_mm.datasets.data_root import apply_data_root

    if not Path(path).is_file():
        raise FileNotFoundError(f'the config {path} does not exist')
    cfg = Config.fromfile(path)
    cfg.merge_from_dict(options or {})
    apply_data_root(cfg)
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    return cfg


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
