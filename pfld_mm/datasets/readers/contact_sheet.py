"""Images of some objects with their points and numbers, to see whether they are right."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.core.image import read_image
from pfld_mm.datasets.readers.label_set import LabelledObject, LabelSet

TILE = 288
PADDING = 1.4
COLORS = {1: (0, 160, 255), 2: (0, 230, 0)}
"""BGR of a hidden and a seen point."""


def write_contact_sheet(labels: LabelSet, path: Path, columns: int = 4, rows: int = 4) -> None:
    """Write a sheet of objects from the whole set; hidden points are orange.

    Args:
        labels: What was read.
        path: The JPEG.
        columns: At most so many beside each other.
        rows: At most so many below each other.
    """
    count = min(columns * rows, len(labels.objects))
    chosen = np.linspace(0, len(labels.objects) - 1, count).round().astype(int)
    tiles = [_tile(labels.objects[i]) for i in chosen]
    tiles += [np.full_like(tiles[0], 255)] * (-count % columns)
    lines = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    _, data = cv2.imencode('.jpg', np.vstack(lines))
    path.write_bytes(data.tobytes())


def _tile(item: LabelledObject) -> np.ndarray:
    """(TILE, TILE, 3): the square around an object, and its points."""
    x0, y0, x1, y1 = landmark_boxes(item.points[item.visibility > 0])
    scale = TILE / (PADDING * max(x1 - x0, y1 - y0))
    center = np.array([x0 + x1, y0 + y1]) / 2
    shift = (TILE - 1) / 2 - scale * center
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    tile = cv2.warpAffine(read_image(item.image), matrix, (TILE, TILE))
    for number, (point, flag) in enumerate(zip(item.points, item.visibility, strict=True)):
        if flag:
            x, y = np.rint(scale * point + shift).astype(int).tolist()
            cv2.circle(tile, (x, y), 3, COLORS[int(flag)], -1, cv2.LINE_AA)
            for color, width in ((0, 0, 0), 3), ((255, 255, 255), 1):
                cv2.putText(
                    tile,
                    str(number),
                    (x + 4, y - 4),
                    cv2.FONT_HERSHEY_SIMPLEX,
                    0.4,
                    color,
                    width,
                    cv2.LINE_AA,
                )
    return tile
