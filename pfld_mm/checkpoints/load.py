"""A checkpoint must fit the model it is tested with: MMEngine only warns when it does not."""

from __future__ import annotations

from mmengine.runner.checkpoint import _load_checkpoint
from torch import nn


def check_fits(model: nn.Module, path: str) -> None:
    """Raise a ValueError unless the file at ``path`` holds every parameter of ``model``.

    Parameters of the file that the model lacks are allowed (a pose branch, say). The model itself
    is not changed.

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
