"""Sets of puzzles to compare methods on: real ones and one synthetic set for each difficulty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pfld_mm.datasets.inside import inside
from pfld_mm.datasets.slider.slider_labels import SliderLabel, read_slider_labels
from pfld_mm.datasets.usable_image import read_usable_image
from pfld_mm.synth.puzzles.generator import PuzzleGenerator
from pfld_mm.synth.puzzles.looks import GAP_KINDS

Point = tuple[float, float]
Box = tuple[float, float, float, float]

PLAIN = dict(
    decoys=0,
    piece=1.0,
    turned=0.0,
    looks=('dark', 'light'),
    clutter=False,
    degrade=False,
    procedural=0.0,
)
"""Upright gaps that are darkened or lightened evenly, alone in a clean image."""
DIFFICULTIES = {
    'plain': {},
    'decoys': dict(decoys=2),
    'turned 0.5 to 1.8°': dict(turned=1.0, turn_deg=(0.5, 1.8)),
    'turned 5 to 20°': dict(turned=1.0, turn_deg=(5.0, 20.0)),
    'decoys, turned': dict(decoys=2, turned=1.0),
    'outlined': dict(looks=('outline', 'shadow', 'glow')),
    'clutter': dict(clutter=True),
    'all together': dict(decoys=2, turned=1.0, looks=GAP_KINDS, clutter=True, degrade=True),
}
"""What each synthetic set changes of `PLAIN`; a turn without limits is mostly 0.5 to 1.8°."""


@dataclass(frozen=True)
class SliderImage:
    """A puzzle and what is known about it.

    Attributes:
        image: (H, W, 3) BGR uint8.
        gap: True center (x, y) in px.
        piece: Box (x1, y1, x2, y2) of the piece, None if it is not known.
        decoys: Centers of false gaps.
    """

    image: np.ndarray
    gap: Point
    piece: Box | None
    decoys: tuple[Point, ...] = ()


@dataclass(frozen=True)
class ImageSet:
    """Puzzles that are read or drawn when they are asked for.

    Attributes:
        name: Of the set.
        count: Number of puzzles.
        get: Makes puzzle i, always the same.
    """

    name: str
    count: int
    get: Callable[[int], SliderImage]


def real_set(folder: str | Path, piece_left: float | None = None) -> ImageSet:
    """The images that `labels.csv` in a folder names and whose gap is labelled.

    Args:
        folder: With the images.
        piece_left: Left edge in px of the piece where its place is not labelled; it stands in the
            gap's row and has the gap's size. None: the piece's box is not known.

    Raises:
        FileNotFoundError: If there is no label file.
        ValueError: If it is malformed or labels no gap.
    """
    path = Path(folder, 'labels.csv')
    labels = [label for label in read_slider_labels(path) if label.gap is not None]
    if not labels:
        raise ValueError(f'{path}: no line has a gap (gap_x and gap_y)')

    def get(index: int) -> SliderImage:
        label = labels[index]
        source = f'{path}, line {label.line}'
        image = read_usable_image(inside(path.parent, label.image, source), source)
        box = _piece_box(label, piece_left)
        return SliderImage(image, label.gap, box, tuple(label.decoys))

    return ImageSet('real', len(labels), get)


def _piece_box(label: SliderLabel, piece_left: float | None) -> Box | None:
    if label.gap_size is None or (label.piece is None and piece_left is None):
        return None
    width, height = label.gap_size
    x, y = label.piece or (piece_left + width / 2, label.gap[1])
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def synthetic_sets(photos: str | Path | None, count: int, seed: int) -> list[ImageSet]:
    """One set for each of `DIFFICULTIES`, over photos or, without, procedural scenes."""

    def getter(changes: dict) -> Callable[[int], SliderImage]:
        generator = PuzzleGenerator(photos, seed, **{**PLAIN, **changes})

        def get(index: int) -> SliderImage:
            puzzle = generator[index]
            return SliderImage(puzzle.image, puzzle.gap, puzzle.piece_box, puzzle.decoys)

        return get

    return [ImageSet(name, count, getter(changes)) for name, changes in DIFFICULTIES.items()]
