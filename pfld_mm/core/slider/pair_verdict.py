from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pfld_mm.core.slider.pair_crops import PairCorners

PAIR_OUTPUTS = (
    'piece_x1', 'piece_y1', 'piece_x2', 'piece_y2', 'gap_x1', 'gap_y1', 'gap_x2', 'gap_y2',
    'match_logit', 'angle',
)  # fmt: skip
"""Columns of the verifier's output (P, 10): boxes in pixels of the squares, logit, radians."""


@dataclass(frozen=True)
class PairVerdict:
    """What the verifier says of one pair, in pixels of the network's input.

    Attributes:
        piece: Center (x, y) of the piece's box.
        gap: Center (x, y) of the gap's box.
        match_logit: Of their being a pair.
        angle: Of the gap in radians.
    """

    piece: tuple[float, float]
    gap: tuple[float, float]
    match_logit: float
    angle: float

    @classmethod
    def from_row(
        cls,
        row: np.ndarray,
        corners: PairCorners,
        size: int,
        mirrored: tuple[bool, bool] = (False, False),
    ) -> PairVerdict:
        """Read a row of the verifier's output.

        Args:
            row: (10,), in the order of `PAIR_OUTPUTS`.
            corners: Of the squares in the input.
            size: Side of the squares.
            mirrored: Whether the verifier saw the squares mirrored in x and in y.
        """
        centers = row[:8].astype(np.float64).reshape(2, 2, 2).mean(axis=1)
        centers = np.where(mirrored, size - centers, centers) + np.reshape(corners, (2, 2))
        sign = -1 if mirrored[0] != mirrored[1] else 1
        piece, gap = ((float(x), float(y)) for x, y in centers)
        return cls(piece, gap, float(row[8]), sign * float(row[9]))

    @classmethod
    def median(cls, verdicts: Sequence[PairVerdict]) -> PairVerdict:
        """The median of several verdicts on one pair, number by number."""
        numbers = [(*one.piece, *one.gap, one.match_logit, one.angle) for one in verdicts]
        x1, y1, x2, y2, logit, angle = np.median(numbers, axis=0).tolist()
        return cls((x1, y1), (x2, y2), logit, angle)

    def distance_to(self, other: PairVerdict) -> float:
        """Largest difference of the centers' coordinates, in pixels of the input."""
        ours, theirs = (np.array([*one.piece, *one.gap]) for one in (self, other))
        return float(np.abs(ours - theirs).max())

    @property
    def row(self) -> float:
        """Y of both centers, their mean."""
        return (self.piece[1] + self.gap[1]) / 2
