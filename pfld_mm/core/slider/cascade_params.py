from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from pfld_mm.core.text import short

LIMITS = {'max_peaks': 256, 'max_pairs': 128, 'square_size': 320}
"""Largest values; they bound the memory that a model's metadata can ask for."""
MAX_LENGTH = 8192
"""Of what is not named there, in pixels."""


@dataclass(frozen=True)
class CascadeParams:
    """What `SliderCascade` must know beside the weights; it is exported with them.

    Lengths are in pixels of the network's input.

    Attributes:
        same_row: The piece only slides sideways, so gap and piece have the same y.
        square_size: Side of the verifier's crops around piece and gap.
        max_peaks: Peaks of each score map that pairs are made of.
        peak_radius: Distance from a peak, per axis, within which there is no other.
        max_pairs: Pairs that the verifier judges at most.
        max_row_offset: Largest difference in y of piece and gap.
        min_piece_offset: Smallest distance from the piece to a gap on its right.
        sure_logit: From this match logit on, no other pair is judged, and the measured one needs no
            test-time augmentation.
        min_match_logit: Pairs below it do not match; they are not measured.
        min_found_logit: The measured pair is an answer from this match logit on.
        zoom_doubt: Distance from ``min_found_logit`` within which zoomed squares judge, too.
        score_weight: Weight of the logarithms of the scores beside the match logit.
        tta_shift: Shift of a center between two measurements above which test-time augmentation is
            used.
        template_size: Side of the template around the piece, odd.
        template_reach: Search range of the template on either side of the gap.
        template_min_ncc: Lowest normalized cross-correlation of a match.

    Raises:
        ValueError: If a value is out of its range.
    """

    same_row: bool = True
    square_size: int = 160
    max_peaks: int = 12
    peak_radius: int = 24
    max_pairs: int = 24
    max_row_offset: float = 24.0
    min_piece_offset: float = 16.0
    sure_logit: float = 5.0
    min_match_logit: float = -3.0
    min_found_logit: float = 0.5
    zoom_doubt: float = 2.0
    score_weight: float = 0.25
    tta_shift: float = 0.5
    template_size: int = 25
    template_reach: int = 6
    template_min_ncc: float = 0.7

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not _has_type(value, str(field.type)):
                raise ValueError(
                    f'cascade.{field.name}: expected {field.type}, found {short(value)}'
                )
            most = LIMITS.get(field.name, MAX_LENGTH)
            if field.type == 'int' and not 1 <= value <= most:
                raise ValueError(f'cascade.{field.name}: expected 1 to {most}, found {value}')
        if self.square_size % 16:
            raise ValueError(
                f'cascade.square_size: expected a multiple of 16, found {self.square_size}'
            )

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> CascadeParams:
        """Undo :meth:`to_dict`; what is missing has its default.

        Raises:
            ValueError: If a key is unknown or a value is out of its range.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ValueError(f'cascade: unknown keys {unknown}; there are {known}')
        return cls(**values)


def _has_type(value: Any, expected: str) -> bool:
    if expected == 'bool':
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if expected == 'int':
        return isinstance(value, int)
    return isinstance(value, int | float) and abs(value) < 1e9
