"""Puts a puzzle together: background, layout, looks, clutter, camera."""

from __future__ import annotations

import numpy as np

from pfld_mm.synth.puzzles.camera import degrade, put_on_page, random_margins, random_resize
from pfld_mm.synth.puzzles.clutter import add_clutter
from pfld_mm.synth.puzzles.layout import Layout, random_layout, random_size
from pfld_mm.synth.puzzles.looks import random_gap_look, random_light, random_piece_look
from pfld_mm.synth.puzzles.options import PuzzleOptions
from pfld_mm.synth.puzzles.outline import Outline
from pfld_mm.synth.puzzles.paint import paint_gap, paint_piece
from pfld_mm.synth.puzzles.photos import random_view
from pfld_mm.synth.puzzles.puzzle import Puzzle
from pfld_mm.synth.puzzles.scenes import random_scene


def render_puzzle(
    rng: np.random.Generator,
    background: np.ndarray | None = None,
    options: PuzzleOptions | None = None,
) -> Puzzle:
    """Draw one slider puzzle.

    Args:
        rng: Source of chance: the same state gives the same bytes.
        background: A photo (H, W, 3) BGR uint8 of any size, of which a random view is taken; None
            for a procedural scene.
        options: Limits of what is drawn.

    Raises:
        ValueError: The background is not (H, W, 3) uint8.
    """
    options = options or PuzzleOptions()
    if background is not None and (background.dtype != np.uint8 or background.shape[2:] != (3,)):
        raise ValueError(
            f'background must be (H, W, 3) uint8, got {background.shape} {background.dtype}'
        )
    size = options.size or random_size(rng)
    # Some images are drawn at another scale, so that edges are as soft as after a resize.
    factor = rng.uniform(0.75, 1.35) if options.degrade and rng.random() < 0.35 else 1.0
    width, height = (max(100, round(side * factor)) for side in size)
    margins = (0, 0, 0, 0)
    if options.clutter and rng.random() < 0.07:
        margins = random_margins(rng, height)
    puzzle = _draw(rng, width - sum(margins[:2]), height - sum(margins[2:]), background, options)
    if any(margins):
        puzzle = put_on_page(rng, puzzle, margins)
    puzzle = random_resize(rng, puzzle, *size)
    return puzzle.moved(degrade(rng, puzzle.image)) if options.degrade else puzzle


def _draw(
    rng: np.random.Generator,
    width: int,
    height: int,
    background: np.ndarray | None,
    options: PuzzleOptions,
) -> Puzzle:
    """The puzzle itself, width x height px, as its maker draws it."""
    if background is None:
        clean = random_scene(rng, width, height)
    else:
        clean = random_view(rng, background, width, height)
    layout = random_layout(rng, width, height, options)
    image = _paint(rng, clean, layout, options.looks)
    if options.clutter:
        add_clutter(rng, image, _boxes(layout))
    return _labelled(image, layout)


def _paint(
    rng: np.random.Generator, clean: np.ndarray, layout: Layout, looks: tuple[str, ...]
) -> np.ndarray:
    """True gap and decoys share one look: only shape and row tell them apart."""
    light = random_light(rng)
    look, piece_look = random_gap_look(rng, light, looks), random_piece_look(rng, light)
    image, pattern = clean.copy(), int(rng.integers(1 << 31))
    for outline in _gaps(layout):
        paint_gap(image, outline, look, np.random.default_rng(pattern))
    if layout.piece is not None:
        paint_piece(image, clean, layout.piece, layout.gap, piece_look)
    return image


def _gaps(layout: Layout) -> tuple[Outline, ...]:
    """All that look like gaps: the true one, if it is shown, and the decoys."""
    return (*((layout.gap,) if layout.gap_shown else ()), *layout.decoys)


def _boxes(layout: Layout) -> list[tuple[float, float, float, float]]:
    outlines = (*_gaps(layout), *((layout.piece,) if layout.piece else ()))
    return [outline.box for outline in outlines]


def _labelled(image: np.ndarray, layout: Layout) -> Puzzle:
    gap, piece = layout.gap if layout.gap_shown else None, layout.piece
    return Puzzle(
        image=image,
        gap=gap and gap.center,
        piece=piece and piece.center,
        angle_deg=None if gap is None else float(np.rad2deg(gap.angle)),
        decoys=tuple(decoy.center for decoy in layout.decoys),
        gap_outline=gap and gap.contours[0],
        piece_outline=piece and piece.contours[0],
        origin=piece and layout.gap.center,
    )
