"""Peaks of the score maps, and the pairs of a piece and a gap that they make."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pfld_mm.core.slider.cascade_params import CascadeParams
from pfld_mm.core.slider.decode import GAP, PIECE, cell_center


@dataclass(frozen=True)
class Peak:
    """A local maximum of a score map.

    Attributes:
        x: X of the center that the cell points at, in pixels of the input.
        y: Its y.
        score: In 0..1.
    """

    x: float
    y: float
    score: float


@dataclass(frozen=True)
class PairProposal:
    """A piece and a gap in one row that may belong together."""

    piece: Peak
    gap: Peak

    @property
    def row(self) -> float:
        """Y of both centers in pixels of the input: their mean, weighted by score."""
        peaks = (self.piece, self.gap)
        return sum(peak.score * peak.y for peak in peaks) / sum(peak.score for peak in peaks)

    @property
    def log_score(self) -> float:
        """Sum of the logarithms of both scores."""
        return math.log(self.piece.score) + math.log(self.gap.score)


def find_peaks(output: np.ndarray, index: int, stride: int, params: CascadeParams) -> list[Peak]:
    """The highest peaks of score map ``index`` (`GAP` or `PIECE`), highest first.

    Args:
        output: (8, h, w), as `decode_slider` reads it.
        index: Of the score map.
        stride: Pixels of the input per cell.
        params: ``max_peaks`` and ``peak_radius`` are used.
    """
    scores, peaks, radius = output[index].copy(), [], params.peak_radius // stride
    for _ in range(params.max_peaks):
        row, column = divmod(int(scores.argmax()), scores.shape[1])
        score = float(scores[row, column])
        if score <= 0:
            break
        peaks.append(Peak(*cell_center(output, index, row, column, stride), score))
        rows = slice(max(0, row - radius), row + radius + 1)
        scores[rows, max(0, column - radius) : column + radius + 1] = 0
    return peaks


def find_pairs(output: np.ndarray, stride: int, params: CascadeParams) -> list[PairProposal]:
    """The most probable pairs of a piece and a gap to its right in the same row, best first.

    Args:
        output: (8, h, w), as `decode_slider` reads it; score 0 in the padding.
        stride: Pixels of the input per cell.
        params: Limits of number and distance.

    Returns:
        At most ``params.max_pairs`` pairs.
    """
    gaps, pieces = (find_peaks(output, index, stride, params) for index in (GAP, PIECE))
    pairs = [
        PairProposal(piece, gap)
        for gap in gaps
        for piece in pieces
        if abs(gap.y - piece.y) <= params.max_row_offset
        and gap.x - piece.x > params.min_piece_offset
    ]
    return sorted(pairs, key=lambda pair: -pair.log_score)[: params.max_pairs]
