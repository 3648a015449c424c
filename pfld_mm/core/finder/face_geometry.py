"""Geometry of a face's box and five points: roll, and what a rotation does to a box."""

from __future__ import annotations

import numpy as np

POINT_NAMES = ('left pupil', 'right pupil', 'nose tip', 'left mouth corner', 'right mouth corner')
"""The five points; left and right as seen in the image."""
FLIPPED_POINTS = (1, 0, 2, 4, 3)
"""Where each point goes when the image is mirrored."""
WFLW_POINTS = (96, 97, 54, 76, 82)
"""The five points in the 98-point mark-up of WFLW."""


def face_roll(points: np.ndarray) -> np.ndarray:
    """In-plane rotation of faces, from the middle of the pupils to the middle of the mouth.

    That line stays upright when a head turns to the side, where the line through the pupils
    becomes short and unreliable.

    Args:
        points: (..., 5, 2) x, y in pixels, in the order of ``POINT_NAMES``.

    Returns:
        (...) degrees in (-180, 180], 0 = upright, positive = clockwise in the image.
    """
    points = np.asarray(points, np.float64)
    down = points[..., 3:, :].mean(axis=-2) - points[..., :2, :].mean(axis=-2)
    return np.rad2deg(np.arctan2(-down[..., 0], down[..., 1]))


def rotated_boxes(boxes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Axis-aligned boxes of faces after an affine map, tight around their inscribed ellipses.

    The corners of a rotated box would span up to 1.4 times the face.

    Args:
        boxes: (F, 4) x_min, y_min, x_max, y_max.
        matrix: (2, 3) affine map.

    Returns:
        (F, 4) float64.
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    linear = np.asarray(matrix, np.float64)[:, :2]
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2 @ linear.T + matrix[:, 2]
    halves = np.sqrt(((boxes[:, 2:] - boxes[:, :2]) / 2) ** 2 @ (linear**2).T)
    return np.hstack([centers - halves, centers + halves])
