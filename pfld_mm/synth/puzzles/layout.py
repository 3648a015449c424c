"""Where gap, piece and decoys stand: continuous positions, sizes and angles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pfld_mm.synth.puzzles.options import MAX_DECOYS, PuzzleOptions
from pfld_mm.synth.puzzles.outline import Outline, Patch, place
from pfld_mm.synth.puzzles.shapes import Shape, random_shape

COMMON_SIZES = ((320, 160), (340, 212), (620, 310), (260, 160), (552, 344), (300, 150), (672, 390))
WIDEST, TALLEST = 0.45, 0.98
"""Of the image, that a gap may be: beside it there must be room for the piece."""
MAX_LIKENESS = 0.85
"""Overlap (intersection over union) from which two outlines count as the same."""


@dataclass(frozen=True)
class Layout:
    """The outlines of one puzzle.

    Attributes:
        gap: The true gap; where it is not shown, the part of the image that the piece shows.
        piece: None where there is none.
        decoys: False gaps.
        gap_shown: Whether the gap is drawn.
    """

    gap: Outline
    piece: Outline | None
    decoys: tuple[Outline, ...]
    gap_shown: bool = True


def random_size(rng: np.random.Generator) -> tuple[int, int]:
    """An image size: half the time a common one, else anything from 260x140 to 700x400."""
    if rng.random() < 0.5:
        return COMMON_SIZES[int(rng.integers(len(COMMON_SIZES)))]
    width = round(float(np.exp(rng.uniform(np.log(260), np.log(700)))))
    return width, int(np.clip(round(width / rng.uniform(1.45, 2.2)), 140, 400))


def random_layout(
    rng: np.random.Generator, width: int, height: int, options: PuzzleOptions
) -> Layout:
    """Place gap, piece and decoys on an image of width x height px."""
    shape = random_shape(rng, options.shapes)
    min_size, max_size = options.piece_size
    # of a narrow image no more than of one 2:1
    size = float(min(rng.uniform(min_size, max_size) * height, 0.52 * max_size * width))
    turned = shape.turnable and rng.random() < options.turned
    angle = _random_angle(rng, options.turn_deg) if turned else 0.0
    wide, tall = _extent(shape, size, angle)
    size *= min(1.0, WIDEST * width / wide, TALLEST * height / tall)
    gap, piece = place(shape, size, angle, (0, 0)), place(shape, size, 0.0, (0, 0))
    tall = max(gap.extent[1], piece.extent[1])
    row = rng.uniform(tall / 2, height - tall / 2)
    first = 0.0
    if rng.random() < options.piece:
        piece = piece.moved((_piece_x(rng, width, piece.extent[0]), row))
        first = piece.box[2] + 0.01 * width
    else:
        piece = None
    half = gap.extent[0] / 2
    gap = gap.moved((rng.uniform(first + half, width - half), row))
    if options.gap < 1 and rng.random() >= options.gap:  # else no number is used up
        return Layout(gap, piece, (), gap_shown=False)
    wanted = rng.choice(MAX_DECOYS + 1, p=(0.45, 0.25, 0.2, 0.1))
    wanted = int(wanted) if options.decoys is None else options.decoys
    decoys = _decoys(rng, gap, piece, (width, height), wanted, options) if piece else ()
    return Layout(gap, piece, decoys)


def _extent(shape: Shape, size: float, angle: float) -> tuple[float, float]:
    """Width and height that hold the shape upright and turned."""
    both = [place(shape, size, turn, (0, 0)).extent for turn in (0.0, angle)]
    return max(x for x, _ in both), max(y for _, y in both)


def _random_angle(rng: np.random.Generator, limits: tuple[float, float] | None) -> float:
    """In radians: mostly 0.5 to 1.8 degrees, sometimes up to 20."""
    low, high = limits or ((0.5, 1.8) if rng.random() < 0.75 else (1.8, 20.0))
    return float(np.deg2rad(rng.choice((-1, 1)) * rng.uniform(low, high)))


def _piece_x(rng: np.random.Generator, width: int, extent: float) -> float:
    """Mostly at the left edge, sometimes anywhere in the left third."""
    reach = 0.03 if rng.random() < 0.8 else max(0.03, 0.4 - extent / width)
    return extent / 2 + rng.uniform(0.0, reach) * width


def _decoys(
    rng: np.random.Generator,
    gap: Outline,
    piece: Outline,
    size: tuple[int, int],
    wanted: int,
    options: PuzzleOptions,
) -> tuple[Outline, ...]:
    decoys: list[Outline] = []
    for _ in range(12 * wanted):
        if len(decoys) == wanted:
            break
        decoy, row_free = _candidate(rng, gap, options)
        (wide, tall), (width, height) = decoy.extent, size
        if wide >= width or tall >= height:
            continue
        x = rng.uniform(wide / 2, width - wide / 2)
        y = rng.uniform(tall / 2, height - tall / 2)
        if row_free and rng.random() < 0.7:
            y = float(np.clip(gap.center[1], tall / 2, height - tall / 2))
        decoy = decoy.moved((x, y))
        # The same outline is a decoy only clearly off the piece's row.
        if not row_free and abs(y - gap.center[1]) < 0.3 * gap.extent[1]:
            continue
        if not any(_touch(decoy, other) for other in (gap, piece, *decoys)):
            decoys.append(decoy)
    return tuple(decoys)


def _candidate(
    rng: np.random.Generator, gap: Outline, options: PuzzleOptions
) -> tuple[Outline, bool]:
    """A decoy at the origin, and whether it may stand in the piece's row."""
    way = rng.choice(('row', 'shape', 'size', 'turn'), p=(0.35, 0.35, 0.15, 0.15))
    shape, size, angle = gap.shape, gap.size, gap.angle
    if way == 'shape':
        shape, size = random_shape(rng, options.shapes), size * rng.uniform(0.85, 1.15)
    elif way == 'size':
        size *= rng.uniform(1.25, 1.5) if rng.random() < 0.4 else rng.uniform(0.55, 0.8)
    elif way == 'turn':
        angle += np.deg2rad(rng.choice((90, 180, 270, rng.uniform(35, 325))))
    decoy = place(shape, size, angle, (0, 0))
    return decoy, likeness(decoy, place(gap.shape, gap.size, gap.angle, (0, 0))) < MAX_LIKENESS


def likeness(a: Outline, b: Outline) -> float:
    """Intersection over union of two outlines that are centerd on the same point."""
    reach = max(*a.extent, *b.extent)
    # Thirty-two px are coarse, but anti-aliased areas of that size are good to a few per cent.
    masks = [
        place(o.shape, o.size * 32 / reach, o.angle, (18, 18)).alpha(Patch(0, 0, 36, 36))
        for o in (a, b)
    ]
    return float(np.minimum(*masks).sum() / np.maximum(*masks).sum())


def _touch(a: Outline, b: Outline) -> bool:
    gap = 0.04 * a.size
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = a.box, b.box
    return ax1 < bx2 + gap and bx1 < ax2 + gap and ay1 < by2 + gap and by1 < ay2 + gap
