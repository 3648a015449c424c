from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

LAST_LAYERS = ('head.fc.', 'head.sigma_branch.')
"""Give x and y of every point, and their standard deviations."""


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
