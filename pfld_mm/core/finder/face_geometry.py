"""Geometry of a face's box and five points: roll, and what a rotation does to a box."""

from __future__ import annotations

import numpy as np

POINT_NAMES = ('left pupil', 'right pupil', 'nose tip', 'left mouth corner', 'right mouth corner')
"""The five points; left and right as seen in the image."""
FLIPPED_POINTS = (1, 0, 2, 4, 3)
"""Where each point goes when the image is mirrored."""
WFLW_POINTS = (96, 97, 54, 76, 82)
"""The five points in the 98-point mark-up of WFLW."""
ASPECT = 0.87
"""Width by height of the box around a face's landmarks, the median of frontal and turned faces."""


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


def landmark_roll(points: np.ndarray) -> np.ndarray:
    """In-plane rotation of faces from their landmarks; 0 for a mark-up that is not known.

    Args:
        points: (F, K, 2), K = 98 as in WFLW or 68 as in 300-W.

    Returns:
        (F,) float32 degrees, see `face_roll`.
    """
    if points.shape[1] == 98:
        return face_roll(points[:, WFLW_POINTS]).astype(np.float32)
    if points.shape[1] == 68:
        eyes = [points[:, 36:42].mean(axis=1), points[:, 42:48].mean(axis=1)]
        five = np.stack([*eyes, points[:, 30], points[:, 48], points[:, 54]], axis=1)
        return face_roll(five).astype(np.float32)
    return np.zeros(len(points), np.float32)


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


def upright_boxes(boxes: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """The boxes that tilted faces have when their images are turned upright about their centers.

    With a face as an ellipse of axes w, h, its box obeys W^2 + H^2 = w^2 + h^2 and
    W^2 - H^2 = (w^2 - h^2) cos(2 roll). Near 45 degrees the second says nothing, and the usual
    shape of a face (``ASPECT``) takes its place.

    Args:
        boxes: (F, 4) x_min, y_min, x_max, y_max around the tilted faces.
        roll: (F,) degrees.

    Returns:
        (F, 4) float32; at 0 degrees the boxes themselves.
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    squares = (boxes[:, 2:] - boxes[:, :2]) ** 2
    total, cosine = squares.sum(axis=1), np.cos(2 * np.deg2rad(np.asarray(roll, np.float64)))
    usual = total * (ASPECT**2 - 1) / (ASPECT**2 + 1)
    trust = np.clip((np.abs(cosine) - 0.3) / 0.4, 0, 1)
    exact = (squares[:, 0] - squares[:, 1]) / np.where(trust > 0, cosine, 1)
    difference = np.clip(trust * exact + (1 - trust) * usual, -0.95 * total, 0.95 * total)
    halves = np.sqrt(np.stack([total + difference, total - difference], axis=1) / 2) / 2
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.hstack([centers - halves, centers + halves]).astype(np.float32)
