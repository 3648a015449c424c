"""Points that are not marked in an annotation."""

from __future__ import annotations

import numpy as np

HIDDEN_WEIGHT = 0.5
"""Weight of a point that is marked but hidden: its position is a guess of the annotator."""


def is_missing(points: np.ndarray) -> np.ndarray:
    """Which of the points (K, 2) stand for "not marked": (K,) bool.

    Public sets write -1 -1 or -256 -256: twice the same negative whole number.
    """
    x, y = points.T
    return (x == y) & (x < 0) & (x == np.floor(x))


def visibility_weights(visibility: np.ndarray) -> np.ndarray:
    """Weights (K,) float32 of COCO's flags: 0 not marked, 1 hidden, 2 seen."""
    return np.array([0, HIDDEN_WEIGHT, 1], np.float32)[visibility]


def without_missing(points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The points (K, 2), those of weight 0 moved to the mean of the others.

    There they do not enlarge the box and are inside the image. They are not trained or measured.
    """
    is_marked = weights > 0
    if is_marked.all() or not is_marked.any():
        return points
    return np.where(is_marked[:, None], points, points[is_marked].mean(0))
