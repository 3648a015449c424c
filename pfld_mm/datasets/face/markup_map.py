from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

# Points of 300-W in WFLW's mark-up: approximately the same place of the face.
IN_WFLW = [
    *range(0, 33, 2),  # contour
    *range(33, 38),  # brows
    *range(42, 47),
    *range(51, 60),  # nose
    *(60, 61, 63, 64, 65, 67),  # eyes
    *(68, 69, 71, 72, 73, 75),
    *range(76, 96),  # lips
]
EYES_OF_BOX = 0.6
"""Distance of the outer eye corners over the longer side of the box, of a frontal face."""
RIDGE = 0.1


class MarkupMap:
    """Maps WFLW's 98 points to 300-W's 68, as people mark them.

    The 64 places that both mark-ups share are marked by different rules (where the contour
    begins, how high a brow is). The difference is a linear function of the 98 points, fitted by
    ridge regression in the face's own frame: centered on its mean, measured in 0.6 times the
    longer side of its box, which does not vanish on profiles as the eyes' distance does.

    Args:
        wflw: (N, 98, 2), of at least ``LEAST`` faces.
        ibug: (N, 68, 2), of the same faces.

    Raises:
        ValueError: If there are fewer faces.
    """

    LEAST = 200

    def __init__(self, wflw: ArrayLike, ibug: ArrayLike) -> None:
        wflw, ibug = np.asarray(wflw, np.float64), np.asarray(ibug, np.float64)
        if len(wflw) < self.LEAST:
            raise ValueError(f'a map needs {self.LEAST} faces of both mark-ups, got {len(wflw)}')
        inputs, size = _inputs(wflw), _frame(wflw)[1]
        offsets = ((ibug - wflw[:, IN_WFLW]) / size).reshape(len(wflw), -1)
        normal = inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1])
        self._weights = np.linalg.solve(normal, inputs.T @ offsets)

    def __call__(self, wflw: ArrayLike) -> np.ndarray:
        """(N, 98, 2) to (N, 68, 2), in the same pixels."""
        wflw = np.asarray(wflw, np.float64)
        offsets = (_inputs(wflw) @ self._weights).reshape(len(wflw), -1, 2)
        return wflw[:, IN_WFLW] + offsets * _frame(wflw)[1]


def _frame(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Center (N, 1, 2) and size (N, 1, 1) of the faces."""
    side = (points.max(1) - points.min(1)).max(1)
    return points.mean(1, keepdims=True), EYES_OF_BOX * side[:, None, None]


def _inputs(points: np.ndarray) -> np.ndarray:
    """Coordinates in the face's frame and a one: (N, 197)."""
    center, size = _frame(points)
    flat = ((points - center) / size).reshape(len(points), -1)
    return np.hstack([flat, np.ones((len(flat), 1))])
