"""What a puzzle generator may be told."""

from __future__ import annotations

from dataclasses import dataclass

from pfld_mm.synth.puzzles.looks import GAP_KINDS
from pfld_mm.synth.puzzles.shapes import SHAPE_KINDS

MAX_DECOYS = 3


@dataclass(frozen=True)
class PuzzleOptions:
    """Limits of what is drawn; the defaults are what a detector should be trained on.

    Attributes:
        size: Width and height of every image in px, None for random sizes.
        piece_size: Smallest and largest side of the piece's body, in heights of the image.
        decoys: Number of decoy gaps (as many as find room), None for 0 to 3 at random. A puzzle
            without a piece never has decoys: nothing would tell the true gap.
        piece: Probability that a puzzle shows its piece.
        gap: Probability that a puzzle shows its gap. A puzzle without a gap has no decoys: any gap
            that is drawn would be taken for an answer.
        turned: Probability that the gap is turned.
        turn_deg: Smallest and largest rotation in degrees, in either direction; None for mostly 0.5
            to 1.8, sometimes up to 20.
        shapes: Kinds of shapes, a part of `SHAPE_KINDS`.
        looks: Kinds of looks of the gaps, a part of `GAP_KINDS`.
        clutter: Whether interface elements are drawn over the image.
        degrade: Whether blur, resizing, noise, tone changes and JPEG are applied.
        procedural: Probability of a procedural background where there are photos as well.

    Raises:
        ValueError: A value is out of its range; the message names it.
    """

    size: tuple[int, int] | None = None
    piece_size: tuple[float, float] = (0.17, 0.46)
    decoys: int | None = None
    piece: float = 0.9
    gap: float = 1.0
    turned: float = 0.4
    turn_deg: tuple[float, float] | None = None
    shapes: tuple[str, ...] = SHAPE_KINDS
    looks: tuple[str, ...] = GAP_KINDS
    clutter: bool = True
    degrade: bool = True
    procedural: float = 0.15

    def __post_init__(self) -> None:
        for name in ('piece', 'gap', 'turned', 'procedural'):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ValueError(f'{name} is a probability in [0, 1], got {value}')
        if self.decoys is not None and self.decoys not in range(MAX_DECOYS + 1):
            raise ValueError(f'decoys is None or 0 to {MAX_DECOYS}, got {self.decoys}')
        for name, known in (('shapes', SHAPE_KINDS), ('looks', GAP_KINDS)):
            value = getattr(self, name)
            if not value or set(value) - set(known):
                raise ValueError(f'{name} is one or more of {known}, got {value}')
        if not 0 < self.piece_size[0] <= self.piece_size[1] <= 1:
            raise ValueError(f'piece_size is (min, max) in (0, 1], got {self.piece_size}')
        if self.turn_deg is not None and not 0 <= self.turn_deg[0] <= self.turn_deg[1] <= 180:
            raise ValueError(f'turn_deg is (min, max) in [0, 180], got {self.turn_deg}')
        if self.size is not None:
            width, height = self.size
            if height < 100 or width < 1.3 * height or max(self.size) > 4000:
                raise ValueError(
                    'size is (width, height) with height >= 100, width >= 1.3 height and '
                    f'both <= 4000, got {self.size}'
                )
