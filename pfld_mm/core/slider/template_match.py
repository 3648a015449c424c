"""Lays the piece over the gap: their distance to a fraction of a pixel."""

from __future__ import annotations

import cv2
import numpy as np

PATCH = 25
"""Side of the square around the piece's center that is looked for, in pixels of the input."""
REACH = 6
"""Pixels to either side of the gap that the network found."""
ROWS = 1
"""Rows above and below."""
ALIKE = 0.7
"""Correlation from which on piece and gap show the same; far turned gaps stay below."""


def align_piece(grey: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Correct the distance of gap and piece by what both show.

    The piece was cut out of the gap, through which most puzzles still let the picture, lighter
    or darker: its edges are there twice. A square of edges (Sobel's magnitude) around the
    piece's center is looked for around the gap's by normalised cross-correlation, to a fraction
    of a pixel by a parabola through the peak. The piece only slides sideways, so each center
    takes half of the correction in x. Where the best place is not alike, or at the end of the
    reach, nothing moves.

    Args:
        grey: The network's input as a grey picture, (H, W) uint8.
        points: Centers of gap and piece in its pixels, (2, 2).

    Returns:
        The corrected centers, (2, 2).
    """
    gap, piece = points
    template = _edges(grey, piece, PATCH, PATCH)
    if template.std() < 1e-3:  # a flat ground has no correlation
        return points
    around = _edges(grey, gap, PATCH + 2 * REACH, PATCH + 2 * ROWS)
    likeness = cv2.matchTemplate(around, template, cv2.TM_CCOEFF_NORMED)
    row, column = divmod(int(likeness.argmax()), likeness.shape[1])
    if likeness[row, column] < ALIKE or column in (0, 2 * REACH):
        return points
    before, best, after = likeness[row, column - 1 : column + 2].astype(np.float64)
    shift = column - REACH + 0.5 * (before - after) / (before - 2 * best + after)
    return points + [[shift / 2, 0], [-shift / 2, 0]]


def _edges(grey: np.ndarray, center: np.ndarray, width: int, height: int) -> np.ndarray:
    x, y = center - 0.5  # OpenCV's pixel i is at i
    # a pixel more on every side, which Sobel takes; beyond the picture its border goes on
    patch = cv2.getRectSubPix(grey, (width + 2, height + 2), (x, y), patchType=cv2.CV_32F)
    edges = np.hypot(cv2.Sobel(patch, cv2.CV_32F, 1, 0), cv2.Sobel(patch, cv2.CV_32F, 0, 1))
    return np.ascontiguousarray(edges[1:-1, 1:-1])
