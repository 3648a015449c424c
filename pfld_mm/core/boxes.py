"""Boxes of faces: the checks, and the square that is cut out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

LARGEST = 20
"""A box may be at most so many times as long as the image; then a face fills 5 pixels of the
crop."""

HUGE = 1e12
"""Larger numbers are taken for this one, whose differences are finite; NaN stays."""
SMALLEST = 8.0
"""Pixels; a smaller box is a false detection or a track that has collapsed."""


def checked_boxes(boxes: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """Boxes as (F, 4) float32, or an error that says which one is wrong.

    Args:
        boxes: (F, 4) or (4,) x_min, y_min, x_max, y_max in image pixels; F may be 0.
        shape: (H, W, ...) of the image.

    Raises:
        ValueError: if a box is not four finite numbers, has no area, lies outside the image or
            is many times as large as it. A box may cross the image's edge.
    """
    boxes = np.asarray(boxes, dtype=np.float64)
    if boxes.size == 0 and boxes.shape in ((0,), (0, 4)):
        return np.zeros((0, 4), np.float32)
    boxes = boxes[None] if boxes.ndim == 1 else boxes
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(
            f'expected boxes of shape (F, 4), x_min, y_min, x_max, y_max, found {boxes.shape}'
        )
    height, width = shape[:2]
    low, high = np.hsplit(boxes.clip(-HUGE, HUGE), 2)
    for bad, problem in (
        (~np.isfinite(boxes).all(1), 'has a number that is not finite'),
        ((high - low < 1e-3).any(1), 'has no area (x_min < x_max and y_min < y_max are needed)'),
        (
            ((high <= 0) | (low >= (width, height))).any(1),
            f'lies outside the image of {width} x {height}',
        ),
        (
            ((high - low).max(1) < 1) | ((high - low).max(1) > LARGEST * max(width, height)),
            f'is smaller than a pixel or over {LARGEST} times the image of {width} x {height}',
        ),
    ):
        if bad.any():
            index = int(np.flatnonzero(bad)[0])
            raise ValueError(f'box {index}, {boxes[index].tolist()}, {problem}')
    return boxes.astype(np.float32)


def plausible(boxes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Which of the boxes (F, 4) have a sensible size and their center in the image: (F,)."""
    low, high = np.hsplit(np.asarray(boxes, np.float64), 2)
    centers, sides = (low + high) / 2, high - low
    inside = (centers >= 0) & (centers < (shape[1], shape[0]))
    sensible = (sides >= SMALLEST) & (sides <= LARGEST * max(shape[:2]))
    return np.asarray((inside & sensible).all(1))


def crop_squares(
    boxes: np.ndarray, padding: float, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Center and extent of what is cut out, as MMPose does it in training, in float32 as there.

    ``GetBBoxCenterScale(padding)`` and the aspect ratio of ``TopdownAffine``: the box grows by
    ``padding`` and, along its shorter side, to the network's aspect ratio.

    Args:
        boxes: (F, 4) float32 x_min, y_min, x_max, y_max.
        padding: Of the crop rule.
        size: (w, h) of the network's input.

    Returns:
        Centers (F, 2) and extents (w, h), (F, 2), in image pixels.
    """
    centers = (boxes[:, 2:] + boxes[:, :2]) * 0.5
    width, height = np.hsplit((boxes[:, 2:] - boxes[:, :2]) * padding, [1])
    ratio = size[0] / size[1]
    extents = np.where(
        width > height * ratio,
        np.hstack([width, width / ratio]),
        np.hstack([height * ratio, height]),
    )
    return centers, extents


def landmark_boxes(points: np.ndarray) -> np.ndarray:
    """The boxes around the points (..., K, 2): (..., 4)."""
    return np.concatenate([points.min(axis=-2), points.max(axis=-2)], axis=-1)


def jittered(boxes: np.ndarray, shift: ArrayLike, scale: ArrayLike) -> np.ndarray:
    """Boxes with the errors of a face detector.

    Args:
        boxes: (..., 4) x_min, y_min, x_max, y_max.
        shift: (..., 2), by how many of its sides the center of each box moves.
        scale: (..., 1) or a number, by which its sides are multiplied.

    Returns:
        (..., 4) float64.
    """
    low, high = np.split(np.asarray(boxes, np.float64), 2, axis=-1)
    center, half = (low + high) / 2 + np.asarray(shift) * (high - low), (high - low) / 2
    half = half * np.asarray(scale)
    return np.concatenate([center - half, center + half], axis=-1)


def iou(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes (A, 4) and (B, 4): (A, B)."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(-1)
    areas = [np.clip(b[:, 2:] - b[:, :2], 0, None).prod(-1) for b in (one, other)]
    return common / np.maximum(areas[0][:, None] + areas[1][None] - common, 1e-12)
