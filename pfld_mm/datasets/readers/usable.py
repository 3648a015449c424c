"""Which of the labelled objects can be used for training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pfld_mm.core.text import short
from pfld_mm.datasets.readers.image_shape import image_shape
from pfld_mm.datasets.readers.label_set import LabelledObject, LabelSet, StatedSize

MIN_SIDE = 4.0
"""Pixels; a smaller object has no shape."""

MIN_IMAGES = 4
"""One to test, one to validate, two for a batch."""


def only_usable(labels: LabelSet) -> LabelSet:
    """Leave out objects that cannot be used, with the reason.

    Raises:
        ValueError: If nothing is left; says the first reasons.
    """
    kept, left_out = [], list(labels.left_out)
    for item in labels.objects:
        reason = _reason(item)
        if reason is None:
            kept.append(item)
        else:
            left_out.append(f'{item.source}: {reason}')
    if len({item.image for item in kept}) < MIN_IMAGES:
        reasons = ''.join(f'\n  {reason}' for reason in left_out[:5])
        raise ValueError(
            f'expected labelled objects in at least {MIN_IMAGES} images, found {len(kept)} objects '
            f'that can be used; left out: {len(left_out)} (--images says where images are){reasons}'
        )
    return replace(labels, objects=tuple(kept), left_out=tuple(left_out))


def _reason(item: LabelledObject) -> str | None:
    """Why an object cannot be used, or None."""
    points = item.points[item.visibility > 0]
    if len(points) < 2:
        return f'{len(points)} points are marked, two are needed for a box'
    try:
        shape = image_shape(item.image)
    except (OSError, ValueError, ImportError) as error:
        return str(error)
    size = np.array([shape[1], shape[0]])
    if not _is(item.stated, size):
        turned = ', its sides swapped as EXIF turns it' if _is(item.stated[::-1], size) else ''
        width, height = ('?' if side is None else f'{side:g}' for side in item.stated)
        return (
            f'it is labelled in an image of {width} x {height}, but {short(item.image.name)} has '
            f'{size[0]} x {size[1]}{turned}; label this image, or give the one that was labelled'
        )
    if np.ptp(points, axis=0).max() < MIN_SIDE or np.ptp(points, axis=0).min() <= 0:
        return f'its points are less than {MIN_SIDE:g} pixels apart, or on a level line'
    if ((points < -size) | (points > 2 * size)).any():
        return f'a point is farther than one image size from the image of {size[0]} x {size[1]}'
    return None


def _is(stated: StatedSize, size: np.ndarray) -> bool:
    """Whether a stated width and height, as far as they are stated, are these."""
    return all(side in (None, real) for side, real in zip(stated, size.tolist(), strict=True))
