"""A second look at the likeliest pairs of piece and gap: do they match, and where exactly?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from pfld_mm.runtime.piece_alignment import align_piece
from pfld_mm.runtime.slider_decoding import point_of

SQUARE = 80
"""Side of the squares around piece and gap, in pixels of the halved input."""
HALF = 2
"""The input is halved: the squares reach 80 of its pixels to each side."""
PEAKS = 8
"""Peaks of each heatmap that pairs are made of."""
APART = 4
"""Cells around a peak that hold no other."""
PAIRS = 12
"""Pairs that are looked at where the hottest one is no sure match."""
ROW = 16.0
"""Pixels of the input by which the heights of piece and gap may differ: a piece slides sideways."""
BEFORE = 16.0
"""Pixels of the input by which the piece is left of its gap, at least."""
HEAT_WEIGHT = 0.5
"""Of the logarithm of the heats beside the logit of a match."""
SURE = 3.0
"""Logit of a match from which on the hottest pair has no rivals, and they are not looked at."""

UPRIGHT = math.radians(3)
"""Gaps that the second look sees turned further are not laid over: they show another edge."""

Network = Callable[[np.ndarray], np.ndarray]
"""Squares (P, 6, 80, 80) -> (P, 10); see :class:`pfld_mm.models.heads.pair_refiner.PairRefiner`."""
Answer = tuple[np.ndarray, np.ndarray, float]
"""Gap and piece (2, 2), their scores (2,), the angle in radians, as of `decode_slider`."""
Corners = tuple[int, int, int, int]
"""Left and top of the piece's square and of the gap's, in pixels of the halved input."""


@dataclass(frozen=True)
class Peak:
    """A hot cell of a heatmap.

    Attributes:
        x: Of the centre that it points at, in pixels of the input.
        y: The same.
        heat: In 0..1.
    """

    x: float
    y: float
    heat: float


@dataclass(frozen=True)
class Pair:
    """A piece and a gap in one row that may belong together."""

    piece: Peak
    gap: Peak

    @property
    def row(self) -> float:
        """Y of both in pixels of the input, the mean by heat."""
        peaks = (self.piece, self.gap)
        return sum(peak.heat * peak.y for peak in peaks) / sum(peak.heat for peak in peaks)

    @property
    def heat(self) -> float:
        """Sum of the logarithms of both heats."""
        return math.log(self.piece.heat) + math.log(self.gap.heat)

    @property
    def corners(self) -> Corners:
        """Of the squares around both."""
        return square_corners(self.piece.x, self.gap.x, self.row)


def find_pairs(output: np.ndarray, most: int = PAIRS) -> list[Pair]:
    """The hottest pairs of a piece and a gap to the right of it in the same row.

    Args:
        output: (8, h, w), as `decode_slider` reads it, heat 0 in the padding.
        most: How many, at most.
    """
    gaps, pieces = (_peaks(output, index) for index in (0, 1))
    pairs = [
        Pair(piece, gap)
        for gap in gaps
        for piece in pieces
        if abs(gap.y - piece.y) <= ROW and piece.x < gap.x - BEFORE
    ]
    return sorted(pairs, key=lambda pair: -pair.heat)[:most]


def refine(
    picture: np.ndarray,
    output: np.ndarray,
    first: Callable[[], Answer],
    network: Network | None = None,
) -> Answer:
    """What comes after the first look: the second one, then the piece laid over its gap.

    Args:
        picture: The network's input, RGB (H, W, 3) uint8.
        output: The network's output (8, h, w), heat 0 in the padding.
        first: Gives what `decode_slider` reads from it, the answer where no pair matches.
        network: The second one, None where there is none.

    Returns:
        As `decode_slider`.
    """
    again = None if network is None else look_again(picture, output, network)
    points, scores, angle = first() if again is None else again
    if again is None or abs(angle) <= UPRIGHT:
        points = align_piece(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), points)
    return points, scores, angle


def look_again(picture: np.ndarray, output: np.ndarray, network: Network) -> Answer | None:
    """Look at the likeliest pairs again and answer with the one that matches best.

    Args:
        picture: The network's input, RGB (H, W, 3) uint8.
        output: The network's output (8, h, w), heat 0 in the padding.
        network: Judges and measures pairs.

    Returns:
        As `decode_slider`; None where no pair matches.
    """
    pairs = find_pairs(output)
    if not pairs:
        return None
    half = halve(picture)
    corners = [pair.corners for pair in pairs]
    answers = network(_cut_all(half, corners[:1]))
    if answers[0, 8] < SURE and len(pairs) > 1:
        answers = np.concatenate([answers, network(_cut_all(half, corners[1:]))])
    heats = np.array([pair.heat for pair in pairs[: len(answers)]])
    best = int(np.argmax(answers[:, 8] + HEAT_WEIGHT * heats))
    if answers[best, 8] < 0:
        return None
    boxes = answers[best, :8].astype(np.float64).reshape(2, 2, 2)  # piece and gap, corners, x and y
    piece, gap = HALF * (boxes.mean(axis=1) + np.reshape(corners[best], (2, 2)))
    row = (piece[1] + gap[1]) / 2
    found = pairs[best]
    scores = np.array([found.gap.heat, found.piece.heat])
    return np.array([[gap[0], row], [piece[0], row]]), scores, float(answers[best, 9])


def halve(picture: np.ndarray) -> np.ndarray:
    """The input (H, W, C) uint8 as the squares are cut from it: the mean of 2 x 2 pixels."""
    height, width = picture.shape[:2]
    size = (width // HALF, height // HALF)
    return cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA)


def square_corners(piece: float, gap: float, row: float) -> Corners:
    """Left and top of the squares around piece and gap, in pixels of the halved input."""
    top = round(row / HALF - SQUARE / 2)
    return round(piece / HALF - SQUARE / 2), top, round(gap / HALF - SQUARE / 2), top


def _peaks(output: np.ndarray, index: int) -> list[Peak]:
    """The hottest cells of map `index` (0 gap, 1 piece), hottest first."""
    heat, peaks = output[index].copy(), []
    for _ in range(PEAKS):
        row, column = divmod(int(heat.argmax()), heat.shape[1])
        hottest = float(heat[row, column])
        if hottest <= 0:
            break
        peaks.append(Peak(*point_of(output, index, row, column), hottest))
        heat[max(0, row - APART) : row + APART + 1, max(0, column - APART) : column + APART + 1] = 0
    return peaks


def cut_squares(half: np.ndarray, corners: Corners) -> np.ndarray:
    """The squares of piece and gap, (6, 80, 80), black beyond the picture.

    Args:
        half: The halved input, RGB (h, w, 3) uint8.
        corners: As `square_corners` gives them.
    """
    height, width = half.shape[:2]
    both = np.zeros((SQUARE, SQUARE, 6), np.uint8)
    for first, (left, top) in ((0, corners[:2]), (3, corners[2:])):
        rows = slice(max(0, top), min(height, top + SQUARE))
        columns = slice(max(0, left), min(width, left + SQUARE))
        if rows.start < rows.stop and columns.start < columns.stop:
            inner = both[
                rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
            ]
            inner[..., first : first + 3] = half[rows, columns]
    return both.transpose(2, 0, 1)


def _cut_all(half: np.ndarray, corners: list[Corners]) -> np.ndarray:
    """The squares of P pairs, (P, 6, 80, 80) float32 in [0, 1]."""
    return np.stack([cut_squares(half, one) for one in corners]) / np.float32(255)
