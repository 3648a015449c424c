"""Distributed training on machines without a GPU."""

import torch
from mmengine.config import Config
from mmengine.device import get_device


def prepare_cpu_distributed(cfg: Config) -> Config:
    """Let ``torchrun`` processes train and evaluate on CPUs; on other devices change nothing.

    MMEngine 0.10.7 assumes a GPU in three places: the backend (nccl),
    ``torch.cuda.set_device(local_rank)``, and ``device_ids=[local_rank]`` of the model wrapper.
    And the loader's workers must not be forked from a process with gloo's threads: sometimes one
    inherits a lock that is never released, and the training hangs.

    Args:
        cfg: The full config, changed in place. Its own ``model_wrapper_cfg`` is kept.

    Returns:
        ``cfg``.
    """
    if get_device() != 'cpu':
        return cfg
    wrapper = dict(
        type='MMDistributedDataParallel',
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )
    wrapper.update(cfg.get('model_wrapper_cfg') or {}, device_ids=None)
    cfg.model_wrapper_cfg = wrapper
    cfg.merge_from_dict(
        {'env_cfg.dist_cfg.backend': 'gloo', 'env_cfg.mp_cfg.mp_start_method': 'forkserver'}
    )
    torch.cuda.set_device = _no_device
    return cfg


def _no_device(device: object) -> None:
    """Stand in for ``torch.cuda.set_device``, which raises in a torch without CUDA."""
