"""Aligns the piece with the gap by template matching: their distance to a fraction of a pixel."""

from __future__ import annotations

import cv2
import numpy as np

from pfld_mm.core.slider.cascade_params import CascadeParams

ROWS = 1
"""Rows above and below the gap's center that are searched."""


def align_piece(gray: np.ndarray, points: np.ndarray, params: CascadeParams) -> np.ndarray:
    """Correct the distance between gap and piece by comparing their content.

    The piece was cut out of the gap, and in most puzzles the gap still shows the image, lighter or
    darker. So the same edges are there twice. A square of edges (Sobel's magnitude) around the
    piece's center is searched for around the gap's center by normalized cross-correlation. A
    parabola through the peak gives a fraction of a pixel. The piece only slides sideways, so each
    center takes half of the correction in x. The centers do not move if the correlation is below
    ``template_min_ncc`` or its peak is at the end of the search range.

    Args:
        gray: The network's input as a gray image, (H, W) uint8.
        points: Centers of gap and piece in its pixels, (2, 2).
        params: Size of the template, search range and lowest correlation.

    Returns:
        The corrected centers, (2, 2).
    """
    gap, piece = points
    size, reach = params.template_size, params.template_reach
    template = _edges(gray, piece, size, size)
    if template.std() < 1e-3:  # a flat template has no correlation
        return points
    around = _edges(gray, gap, size + 2 * reach, size + 2 * ROWS)
    ncc = cv2.matchTemplate(around, template, cv2.TM_CCOEFF_NORMED)
    row, column = divmod(int(ncc.argmax()), ncc.shape[1])
    if ncc[row, column] < params.template_min_ncc or column in (0, 2 * reach):
        return points
    before, best, after = ncc[row, column - 1 : column + 2].astype(np.float64)
    shift = column - reach + 0.5 * (before - after) / (before - 2 * best + after)
    return points + [[shift / 2, 0], [-shift / 2, 0]]


def _edges(gray: np.ndarray, center: np.ndarray, width: int, height: int) -> np.ndarray:
    x, y = center - 0.5  # OpenCV's pixel i is at i
    # a pixel more on every side, which Sobel takes; beyond the image its border is repeated
    patch = cv2.getRectSubPix(gray, (width + 2, height + 2), (x, y), patchType=cv2.CV_32F)
    edges = np.hypot(cv2.Sobel(patch, cv2.CV_32F, 1, 0), cv2.Sobel(patch, cv2.CV_32F, 0, 1))
    return np.ascontiguousarray(edges[1:-1, 1:-1])
