"""Square crops around a piece and a gap: the input of the pair verifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np


class PairCorners(NamedTuple):
    """Top left corners of the two squares of a pair, in whole pixels of the input."""

    piece_left: int
    piece_top: int
    gap_left: int
    gap_top: int


def pair_corners(piece_x: float, gap_x: float, row: float, size: int) -> PairCorners:
    """Corners of the squares of ``size`` px around (piece_x, row) and (gap_x, row)."""
    piece_left, top, gap_left = (round(center - size / 2) for center in (piece_x, row, gap_x))
    return PairCorners(piece_left, top, gap_left, top)


def crop_pair(image: np.ndarray, corners: PairCorners, size: int) -> np.ndarray:
    """The squares of piece and gap as (6, size, size) uint8, black outside the image.

    Args:
        image: The network's input, RGB (H, W, 3) uint8; more channels are ignored.
        corners: Of the squares.
        size: Their side in pixels.
    """
    planes: list[np.ndarray] = []
    for left, top in (corners[:2], corners[2:]):
        square = np.zeros((size, size, 3), np.uint8)
        height, width = image.shape[:2]
        rows = slice(max(0, top), min(height, top + size))
        columns = slice(max(0, left), min(width, left + size))
        if rows.start < rows.stop and columns.start < columns.stop:
            inside = square[
                rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
            ]
            inside[:] = image[rows, columns, :3]
        planes += cv2.split(square)
    return np.stack(planes)


def crop_pairs(image: np.ndarray, corners: Sequence[PairCorners], size: int) -> np.ndarray:
    """The squares of P pairs as the verifier takes them, (P, 6, size, size) float32 in [0, 1]."""
    return np.stack([crop_pair(image, one, size) for one in corners]) / np.float32(255)


def zoomed_pair(image: np.ndarray, corners: PairCorners, side: int, size: int) -> np.ndarray:
    """The squares of ``side`` px of one pair, resized to ``size``: (6, size, size) float32."""
    (squares,) = crop_pairs(image, [corners], side)
    resized = cv2.resize(squares.transpose(1, 2, 0), (size, size), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(resized.transpose(2, 0, 1))
