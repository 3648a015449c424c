"""Orientation of an image by its EXIF block (TIFF 6.0, tag 0x0112)."""

from __future__ import annotations

from typing import Literal

import numpy as np

ORIENTATION = 0x0112


def exif_orientation(tiff: bytes) -> int:
    """The orientation that a TIFF block names in its first directory: 1 to 8, 1 if it has none."""
    order: Literal['little', 'big'] = 'little' if tiff[:2] == b'II' else 'big'
    start = int.from_bytes(tiff[4:8], order)
    entries = tiff[start + 2 :][: 12 * int.from_bytes(tiff[start : start + 2], order)]
    for i in range(0, len(entries), 12):
        if int.from_bytes(entries[i : i + 2], order) == ORIENTATION:
            value = int.from_bytes(entries[i + 8 : i + 10], order)
            return value if 1 <= value <= 8 else 1
    return 1


def turn_upright(image: np.ndarray, orientation: int) -> np.ndarray:
    """Turn and mirror a stored image (H, W, C) as its EXIF orientation asks."""
    if orientation >= 5:
        image = image.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)
