"""From the finder's output map to faces (numpy), training's and the device's."""

from __future__ import annotations

import numpy as np

from pfld_mm.core.boxes import iou

STRIDE = 8
"""Input pixels that a cell of the output map spans."""
CHANNELS = 15
"""Score, 4 box distances, 5 points x 2."""


def decode_faces(
    output: np.ndarray, min_score: float = 0.3, max_iou: float = 0.4, max_faces: int = 1000
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read the faces from the output map of one image.

    A face is a cell whose score is the largest of its 3 x 3 neighborhood. With the cell's center
    c: box sides at c -+ exp(distance) * STRIDE (left, top, right, bottom), points at
    c + point * sqrt(w h) of that box.

    Args:
        output: (15, h, w) float32: score in [0, 1], 4 log distances, 10 point coordinates.
        min_score: Cells with lower scores are not faces.
        max_iou: Of two faces that overlap more, the one with the higher score is kept.
        max_faces: Number of faces at most.

    Returns:
        boxes (F, 4) x_min, y_min, x_max, y_max in input pixels (integers are pixel centers),
        scores (F,), points (F, 5, 2), all float32, the best score first.
    """
    score = output[0]
    rows, columns = np.nonzero((score >= min_score) & (score >= _neighborhood_max(score)))
    scores = score[rows, columns]
    order = np.argsort(-scores, kind='stable')[:max_faces]
    rows, columns, scores = rows[order], columns[order], scores[order]
    values = output[:, rows, columns].T
    centers = cell_centers(rows, columns)
    distances = np.exp(np.minimum(values[:, 1:5], 10)) * STRIDE
    boxes = np.hstack([centers - distances[:, :2], centers + distances[:, 2:]])
    sides = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
    points = centers[:, None] + values[:, 5:].reshape(-1, 5, 2) * sides[:, None, None]
    kept = suppress(boxes, scores, max_iou)
    return boxes[kept], scores[kept], points[kept]


def cell_centers(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Centers (F, 2) x, y of cells in input pixels; integers are pixel centers."""
    cells = np.stack([columns, rows], axis=1).astype(np.float32)
    return (cells + np.float32(0.5)) * STRIDE - np.float32(0.5)


def suppress(boxes: np.ndarray, scores: np.ndarray, max_iou: float) -> np.ndarray:
    """Greedy non-maximum suppression.

    Args:
        boxes: (F, 4).
        scores: (F,).
        max_iou: Boxes that overlap a better one more than this are dropped.

    Returns:
        Indices of the boxes that are kept, the best first.
    """
    order = np.argsort(-scores, kind='stable')
    kept: list[int] = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(int(best))
        order = order[iou(boxes[best : best + 1], boxes[order])[0] <= max_iou]
    return np.array(kept, np.intp)


def _neighborhood_max(score: np.ndarray) -> np.ndarray:
    """Largest value of each cell's 3 x 3 neighborhood, (h, w)."""
    padded = np.pad(score, 1, constant_values=-np.inf)
    rows = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    return np.maximum(np.maximum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
