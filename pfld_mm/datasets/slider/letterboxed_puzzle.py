from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class LetterboxedPuzzle:
    """A puzzle in the network's input; coordinates in its pixels, its corner at (0, 0).

    Attributes:
        image: The input, RGB (H, W, 3) uint8.
        outlines: Of gap and piece, (M, 2) each; None where there is none.
        decoys: Centers, (D, 2).
        angle: Of the gap in radians; None where there is no gap.
        origin: Center of the part of the image that the piece shows, (2,), whether or not there is
            a gap; None where it is not known.
        proposals: What a proposal network takes for pairs: x of the piece, x of the gap, y of both,
            (P, 3).
    """

    image: np.ndarray
    outlines: tuple[np.ndarray | None, np.ndarray | None]
    decoys: np.ndarray
    angle: float | None
    origin: np.ndarray | None = None
    proposals: np.ndarray = field(default_factory=lambda: np.empty((0, 3)))

    @property
    def boxes(self) -> np.ndarray:
        """Of gap and piece, x1, y1, x2, y2, (2, 4); NaN where there is none."""
        return np.array(
            [
                [np.nan] * 4 if one is None else [*one.min(axis=0), *one.max(axis=0)]
                for one in self.outlines
            ]
        )

    @property
    def centers(self) -> np.ndarray:
        """Of gap and piece, (2, 2); NaN where there is none."""
        return (self.boxes[:, :2] + self.boxes[:, 2:]) / 2

    @property
    def has_gap(self) -> bool:
        """Whether the gap is shown."""
        return self.outlines[0] is not None

    @property
    def has_piece(self) -> bool:
        """Whether the piece is shown."""
        return self.outlines[1] is not None
