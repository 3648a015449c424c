"""From the network's output to gap, piece and angle: the one reading for training and runtime."""

from __future__ import annotations

import math

import numpy as np

STRIDE = 4
"""Pixels of the input that a cell of the document's output spans."""


def decode_slider(
    output: np.ndarray,
    valid: np.ndarray | None = None,
    same_row: bool = False,
    stride: int = STRIDE,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Read one picture's answer: the hottest cell of each map, moved by its offset.

    Args:
        output: (8, h, w): gap heat, piece heat, offsets du, dv of gap and of piece in cells, sin
            and cos of the angle.
        valid: (h, w) bool, the cells that may win. Defaults to all.
        same_row: The piece only slides sideways, so both centers have one height. Where they are
            found more than a row apart, the less sure one is looked for again within a row of the
            other (the alignment of y in the design document that seed 004 belongs to); then both
            get the mean height, weighted by their heat.
        stride: Pixels of the input that a cell spans.

    Returns:
        Gap and piece in input pixels (2, 2), their scores (2,), the gap's angle in radians.
    """
    heats = output[:2] if valid is None else np.where(valid, output[:2], -np.inf)
    cells = [_hottest(heat) for heat in heats]
    scores = np.array([heat[cell] for heat, cell in zip(heats, cells, strict=True)], np.float64)
    if same_row and abs(cells[0][0] - cells[1][0]) > 1:
        weak = 0 if scores[0] < scores[1] else 1
        first = max(cells[1 - weak][0] - 1, 0)
        row, column = _hottest(heats[weak][first : cells[1 - weak][0] + 2])
        cells[weak] = (first + row, column)
        scores[weak] = heats[weak][cells[weak]]
    points = np.empty((2, 2))
    for index, (row, column) in enumerate(cells):
        points[index] = point_of(output, index, row, column, stride)
    if same_row and scores.sum() > 0:
        points[:, 1] = scores @ points[:, 1] / scores.sum()
    sine, cosine = (float(output[channel][cells[0]]) for channel in (6, 7))
    return points, scores, math.atan2(sine, cosine)


def point_of(
    output: np.ndarray, index: int, row: int, column: int, stride: int
) -> tuple[float, float]:
    """The center (x, y) in input pixels that a cell of map `index` (0 gap, 1 piece) points at."""
    du, dv = output[2 + 2 * index : 4 + 2 * index, row, column].tolist()
    return stride * (column + 0.5 + du), stride * (row + 0.5 + dv)


def _hottest(heat: np.ndarray) -> tuple[int, int]:
    row, column = divmod(int(heat.argmax()), heat.shape[1])
    return row, column
