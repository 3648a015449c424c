from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pfld_mm.core.plain import rounded


@dataclass(frozen=True)
class SliderResult:
    """Where gap and piece of a slider puzzle are.

    Coordinates are in pixels of the image, the center of pixel (i, j) at (i, j) and not at
    (i + 0.5, j + 0.5): mmpose's convention, as in ``FaceLandmarks``.

    Attributes:
        gap: Center (x, y) of the gap, None where no piece and gap match.
        piece: Center (x, y) of the piece, or None.
        distance: Pixels that the piece has to move to the right, gap x - piece x, or None.
        angle: Of the gap in radians, or None.
        scores: Of gap and piece, in 0..1; low where the network saw none.
        match_logit: Logit of the match of gap and piece; None if no pair was compared.
    """

    gap: tuple[float, float] | None
    piece: tuple[float, float] | None
    distance: float | None
    angle: float | None
    scores: tuple[float, float]
    match_logit: float | None = None

    @property
    def found(self) -> bool:
        """Whether a piece and a gap match; always true of a one-stage model."""
        return self.gap is not None

    def to_dict(self) -> dict[str, Any]:
        """Plain Python for JSON, in the faces' numbers: pixels with two decimals, the rest four."""
        pixels = {name: rounded(getattr(self, name)) for name in ('gap', 'piece', 'distance')}
        others = {name: rounded(getattr(self, name), 4) for name in ('angle', 'scores')}
        match = rounded(self.match_logit, 4)
        return {'found': self.found, **pixels, **others, 'match_logit': match}
