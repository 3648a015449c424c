from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pfld_mm.compat

# isort: split
from mmengine.config import Config
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS
from torch import Tensor

from pfld_mm.compat.config_datasets import config_datasets

LAST_LAYERS = ('head.fc.', 'head.sigma_branch.')
"""Give x and y of every point, and their standard deviations."""


def write_checkpoint(path: str | Path, state_dict: Mapping[str, Tensor], cfg: Config) -> None:
    """Write weights that mmpose's ``init_model`` and ``MMPoseInferencer`` take.

    Args:
        path: The file; replaced as a whole.
        state_dict: The weights.
        cfg: The model's config; its datasets say what the points are.
    """
    meta = dict(dataset_meta=dataset_meta(cfg))
    checkpoint = dict(state_dict=dict(state_dict), meta=meta if meta['dataset_meta'] else {})
    pfld_mm.compat.save_checkpoint(checkpoint, str(path))


def dataset_meta(cfg: Config) -> dict[str, Any] | None:
    """Names, flip pairs and colors of a config's points, as mmpose keeps them in checkpoints.

    Returns:
        What ``parse_pose_metainfo`` gives for the first dataset that has a mark-up; None if none
        has one.
    """
    for split in ('train', 'val', 'test'):
        for dataset in config_datasets(cfg.get(f'{split}_dataloader', {}).get('dataset')):
            metainfo = getattr(DATASETS.get(dataset['type']), 'METAINFO', {})
            metainfo = dataset.get('metainfo', metainfo)
            if 'keypoint_info' in metainfo or 'from_file' in metainfo:
                return parse_pose_metainfo(dict(metainfo))
    return None


def slice_keypoints(state_dict: Mapping[str, Tensor], first: int, count: int) -> dict[str, Tensor]:
    """The model of a part of the points: the same network with fewer rows in its last layer.

    What a model of ``count`` points does not have (branches for training alone) is left out.

    Args:
        state_dict: Of a model with a ``PFLDHead``; ``head.fc`` gives x, y of point 0, of point 1
            and so on.
        first: Number of the first point to keep.
        count: Points to keep.

    Raises:
        ValueError: If the model has no such points.
    """
    if 'head.fc.weight' not in state_dict:
        raise ValueError('expected the weights of a model with a PFLDHead, found no head.fc.weight')
    points = len(state_dict['head.fc.weight']) // 2
    if first < 0 or count < 1 or first + count > points:
        raise ValueError(
            f'the model has {points} points, so {count} from number {first} on are not there'
        )
    kept = {
        name: value
        for name, value in state_dict.items()
        if not name.startswith('head.') or name.startswith(LAST_LAYERS)
    }
    for name in kept:
        if name.startswith(LAST_LAYERS):
            kept[name] = kept[name][2 * first : 2 * (first + count)].clone()
    return kept


def in_half(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights in float16, which a model loads into its own type; half the size to hand on.

    Tensors with values that float16 cannot hold stay as they are.
    """
    halved = dict(state_dict)
    for name, value in state_dict.items():
        if value.is_floating_point() and value.half().isfinite().all():
            halved[name] = value.half()
    return halved
