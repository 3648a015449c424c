"""Geometry of a face's box and five points: roll, and what a rotation does to a box."""

from __future__ import annotations

import numpy as np

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.core.face_markups import MARKUPS, WFLW98
from pfld_mm.core.markup import Markup

POINT_NAMES = ('left pupil', 'right pupil', 'nose tip', 'left mouth corner', 'right mouth corner')
"""The five points; left and right as seen in the image."""
FIVE_POINTS = Markup('face_finder', len(POINT_NAMES), ((0, 1), (3, 4)), names=POINT_NAMES)
FLIPPED_POINTS = tuple(FIVE_POINTS.flip_indices.tolist())
"""Index of the mirror partner of each point."""
WFLW_POINTS = (96, 97, 54, 76, 82)
"""The five points in the 98-point mark-up of WFLW."""
ASPECT = 1.0
"""Width by height of the box around an upright face's landmarks: 1.03 in front, 0.92 in profile."""

_MEAN = WFLW98.mean_face[:, :2]
_LANDMARKS = (_MEAN - _MEAN.min(axis=0)) / np.ptp(_MEAN, axis=0)
"""The mean face in the unit square, (98, 2)."""


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
        points: (F, K, 2), K that of a mark-up of faces.

    Returns:
        (F,) float32 degrees, see `face_roll`.
    """
    markup = MARKUPS.get(points.shape[1])
    if markup is None:
        return np.zeros(len(points), np.float32)
    return face_roll(markup.five_points(points)).astype(np.float32)


def turned(points: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Points (F, K, 2) turned clockwise about the origin by the angles (F, 1)."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    x, y = points[..., 0], points[..., 1]
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)


def turned_deviations(deviations: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Standard deviations (F, K, 2) of x and y after `turned`, where x and y are uncorrelated."""
    cos, sin = np.cos(np.deg2rad(degrees)) ** 2, np.sin(np.deg2rad(degrees)) ** 2
    x, y = deviations[..., 0] ** 2, deviations[..., 1] ** 2
    return np.sqrt(np.stack([cos * x + sin * y, sin * x + cos * y], axis=-1))


def rotated_boxes(boxes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Axis-aligned boxes of faces after an affine map.

    The corners of a rotated box would span up to 1.4 times the face, so the landmarks of the mean
    face, stretched into the box, take their place.

    Args:
        boxes: (F, 4) x_min, y_min, x_max, y_max.
        matrix: (2, 3) affine map.

    Returns:
        (F, 4) float64.
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 1, 4)
    points = boxes[..., :2] + _LANDMARKS * (boxes[..., 2:] - boxes[..., :2])
    matrix = np.asarray(matrix, np.float64)
    return landmark_boxes(points @ matrix[:, :2].T + matrix[:, 2])


def upright_boxes(boxes: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """The boxes that tilted faces have when their images are turned upright about the box centers.

    The mean face, stretched to the face's aspect ratio and tilted, gives scale and center. The
    aspect ratio is that of an ellipse whose box has the sides W, H: W^2 + H^2 = w^2 + h^2 and
    W^2 - H^2 = (w^2 - h^2) cos(2 roll). Near 45 degrees the second equation has no information, so
    ``ASPECT`` is used.

    Args:
        boxes: (F, 4) x_min, y_min, x_max, y_max around the tilted faces.
        roll: (F,) degrees.

    Returns:
        (F, 4) float32, with the center of the upright face in image pixels; at 0 degrees the boxes
        themselves.
    """
    original = np.asarray(boxes, np.float32).reshape(-1, 4)
    angle = np.deg2rad(np.asarray(roll, np.float64))
    boxes = original.astype(np.float64)
    sides = boxes[:, 2:] - boxes[:, :2]
    shape = np.stack([_aspect(sides, angle), np.ones(len(sides))], axis=1)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = np.moveaxis((_LANDMARKS - 0.5) * shape[:, None], 2, 0)
    tilted = landmark_boxes(np.stack([cos * x - sin * y, sin * x + cos * y], axis=2))
    low, high = tilted[:, :2], tilted[:, 2:]
    scale = (sides.sum(axis=1) / (high - low).sum(axis=1))[:, None]
    centers = (boxes[:, :2] + boxes[:, 2:] - scale * (low + high)) / 2
    upright = np.hstack([centers - scale * shape / 2, centers + scale * shape / 2])
    return np.where(angle[:, None] == 0, original, upright.astype(np.float32))


def _aspect(sides: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Width by height (F,) of upright faces whose tilted boxes have the sides W, H (F, 2)."""
    squares = sides**2
    total, cosine = squares.sum(axis=1), np.cos(2 * angle)
    usual = total * (ASPECT**2 - 1) / (ASPECT**2 + 1)
    trust = np.clip((np.abs(cosine) - 0.3) / 0.4, 0, 1)
    exact = (squares[:, 0] - squares[:, 1]) / np.where(trust > 0, cosine, 1)
    difference = np.clip(trust * exact + (1 - trust) * usual, -0.95 * total, 0.95 * total)
    return np.sqrt((total + difference) / (total - difference))
