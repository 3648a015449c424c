"""From the proposal network's output to gap, piece and angle."""

from __future__ import annotations

import math

import numpy as np

STRIDE = 4
"""Default number of input pixels per cell of the output."""
GAP, PIECE = 0, 1
"""Index of the score map, and of the point."""
OUTPUT_CHANNELS = 8
"""Gap score, piece score, offsets du, dv of gap and of piece in cells, sine and cosine."""


def decode_slider(
    output: np.ndarray,
    valid: np.ndarray | None = None,
    same_row: bool = False,
    stride: int = STRIDE,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Read one image's output: the cell of the highest score of each map, moved by its offset.

    Args:
        output: (8, h, w): gap score, piece score, offsets du, dv of gap and of piece in cells,
            sine and cosine of the angle.
        valid: (h, w) bool, the cells that may win. Defaults to all.
        same_row: The piece only slides sideways, so both centers have one height. Where they are
            found more than a row apart, the one of the lower score is looked for again within a
            row of the other; then both get the mean height, weighted by score.
        stride: Pixels of the input per cell.

    Returns:
        Gap and piece in input pixels (2, 2), the input's corner at (0, 0); their scores (2,); the
        gap's angle in radians.
    """
    maps = output[:2] if valid is None else np.where(valid, output[:2], -np.inf)
    cells = [_argmax(scores) for scores in maps]
    scores = np.array([one[cell] for one, cell in zip(maps, cells, strict=True)], np.float64)
    if same_row and abs(cells[0][0] - cells[1][0]) > 1:
        weak = 0 if scores[0] < scores[1] else 1
        first = max(cells[1 - weak][0] - 1, 0)
        row, column = _argmax(maps[weak][first : cells[1 - weak][0] + 2])
        cells[weak] = (first + row, column)
        scores[weak] = maps[weak][cells[weak]]
    points = np.empty((2, 2))
    for index, (row, column) in enumerate(cells):
        points[index] = cell_center(output, index, row, column, stride)
    if same_row and scores.sum() > 0:
        points[:, 1] = scores @ points[:, 1] / scores.sum()
    sine, cosine = (float(output[channel][cells[GAP]]) for channel in (6, 7))
    return points, scores, math.atan2(sine, cosine)


def cell_center(
    output: np.ndarray, index: int, row: int, column: int, stride: int
) -> tuple[float, float]:
    """The center (x, y) in input pixels that a cell of map ``index`` points at."""
    du, dv = output[2 + 2 * index : 4 + 2 * index, row, column].tolist()
    return stride * (column + 0.5 + du), stride * (row + 0.5 + dv)


def valid_cells(mask: np.ndarray, stride: int) -> np.ndarray:
    """Cells with a valid pixel, (h / stride, w / stride) bool.

    Args:
        mask: (h, w), not 0 where the input shows the image, which is a rectangle in it.
        stride: Pixels of the input per cell.
    """
    valid = [np.asarray(mask.any(axis)).reshape(-1, stride) for axis in (1, 0)]
    rows, columns = (np.asarray(part.any(1)) for part in valid)
    return rows[:, None] & columns


def _argmax(scores: np.ndarray) -> tuple[int, int]:
    row, column = divmod(int(scores.argmax()), scores.shape[1])
    return row, column
