from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SliderResult:
    """Where gap and piece of a slider puzzle are.

    Attributes:
        gap: Center (x, y) of the gap in picture pixels, the center of pixel i at i + 0.5.
        piece: Center (x, y) of the piece.
        distance: Pixels that the piece has to move to the right, gap x - piece x.
        angle: Of the gap in radians.
        scores: Of gap and piece, heat in 0..1; low where the network saw none.
    """

    gap: tuple[float, float]
    piece: tuple[float, float]
    distance: float
    angle: float
    scores: tuple[float, float]
