"""The classical way to find the gap: the edges of the piece are searched for among the image's
edges.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

Point = tuple[float, float]
Box = tuple[float, float, float, float]

THRESHOLDS = (50, 150)
"""Thresholds of the edge detector in gray levels; the usual ones for this purpose."""
STRIP = 0.2
"""Ratio of the image's width that is taken for the piece if its box is not given."""


class EdgeMatching:
    """Canny edges (Canny 1986) and zero-mean normalised cross-correlation of the piece.

    The piece is cut out and its edges are looked for right of it; the best place is the answer. It
    is found to whole pixels, for one upright copy of the same size.

    Args:
        same_row: Look in the piece's own row only. Sliders move the piece sideways, so whoever
            knows the piece's box knows the row.

    Example:
        >>> EdgeMatching()(image, (6, 20, 111, 125))
        (466.5, 72.5)
    """

    def __init__(self, same_row: bool = False) -> None:
        self.same_row = same_row

    def __call__(self, image: np.ndarray, piece: Box | None = None) -> Point | None:
        """Find the gap.

        Args:
            image: (H, W, 3) BGR uint8.
            piece: Box (x1, y1, x2, y2) of the piece in px. Without it the left `STRIP` of the
                image is taken, from top to bottom, which tells nothing of y.

        Returns:
            Center (x, y) of the gap in px, the center of pixel i at i + 0.5, y NaN where no box was
            given; None where the piece has no edges or there is no room right of it.

        Raises:
            ValueError: If the box does not touch the image.
        """
        height, width = image.shape[:2]
        x1, y1, x2, y2 = piece or (0.0, 0.0, STRIP * width, float(height))
        left, top, right, bottom = _pixels((x1, y1, x2, y2), width, height)
        gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        template = cv2.Canny(np.ascontiguousarray(gray[top:bottom, left:right]), *THRESHOLDS)
        first = top if self.same_row else 0
        field = cv2.Canny(gray, *THRESHOLDS)[first : bottom if self.same_row else height, right:]
        if field.shape[1] < template.shape[1] or not template.any():
            return None
        score = cv2.matchTemplate(field, template, cv2.TM_CCOEFF_NORMED)
        x, y = cv2.minMaxLoc(score)[3]
        # The box lies between pixels: what was cut off when rounding is put back.
        center = x + right + (x1 + x2) / 2 - left, y + first + (y1 + y2) / 2 - top
        return center if piece else (center[0], math.nan)


def _pixels(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """The pixels that a box covers."""
    left, top = max(0, round(box[0])), max(0, round(box[1]))
    right, bottom = min(width, round(box[2])), min(height, round(box[3]))
    if left >= right or top >= bottom:
        raise ValueError(f'the box {box} of the piece is outside the image, {width}x{height} px')
    return left, top, right, bottom
