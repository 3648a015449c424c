import numpy as np
import pytest

from pfld_mm.synth.puzzles import camera, render
from pfld_mm.synth.puzzles.looks import WHITE, Look
from pfld_mm.synth.puzzles.options import PuzzleOptions
from pfld_mm.synth.puzzles.render import render_puzzle


def crossings(profile):
    """First and last place where a profile of pixel values passes half of its maximum."""
    level = profile.max() / 2
    inside = np.flatnonzero(profile >= level)
    a, b = inside[0], inside[-1]
    first = a + 0.5 - (profile[a] - level) / (profile[a] - profile[a - 1])
    last = b + 0.5 + (profile[b] - level) / (profile[b] - profile[b + 1])
    return first, last


def test_the_drawn_gap_is_where_the_label_says_through_every_geometric_step(monkeypatch):
    """A white gap on black, sizes and scales random, rotation on: measured against the label."""
    monkeypatch.setattr(render, 'random_gap_look', lambda *_: Look(fill=WHITE, opacity=1))
    monkeypatch.setattr(render, 'degrade', lambda _, image: image)
    monkeypatch.setattr(render, 'add_clutter', lambda *_: None)
    monkeypatch.setattr(camera, 'PAGE_GRAYS', (0,))
    options = PuzzleOptions(piece=0.0, shapes=('rounded_square',))
    black, errors, sizes = np.zeros((64, 64, 3), np.uint8), [], set()
    for seed in range(120):
        puzzle = render_puzzle(np.random.default_rng(seed), black, options)
        gray = puzzle.image[..., 0].astype(float)
        x1, y1, x2, y2 = puzzle.gap_box
        height, width = gray.shape
        if min(x1, y1, width - x2, height - y2) < 3 or abs(puzzle.angle_deg) > 2:
            continue
        (left, right), (top, bottom) = crossings(gray.max(0)), crossings(gray.max(1))
        errors.append(((left + right) / 2 - puzzle.gap[0], (top + bottom) / 2 - puzzle.gap[1]))
        np.testing.assert_allclose((left, top, right, bottom), puzzle.gap_box, atol=1.0)
        sizes.add(gray.shape)
    assert len(errors) > 60 and len(sizes) > 20
    assert np.abs(errors).max() < 0.25
    assert np.abs(np.mean(errors, axis=0)).max() < 0.03


def test_a_background_of_another_kind_is_named():
    with pytest.raises(ValueError, match='uint8, got'):
        render_puzzle(np.random.default_rng(0), np.zeros((9, 9)))


def test_without_a_gap_the_image_is_as_clean_as_its_background(monkeypatch):
    monkeypatch.setattr(
        render, 'random_view', lambda _, image, *size: np.resize(image, size[::-1] + (3,))
    )
    options = PuzzleOptions(piece=0.0, gap=0.0, size=(320, 160), clutter=False, degrade=False)
    flat = np.full((64, 64, 3), 77, np.uint8)
    puzzle = render_puzzle(np.random.default_rng(3), flat, options)
    assert (puzzle.image == 77).all()
    assert puzzle.gap is puzzle.gap_box is puzzle.gap_outline is puzzle.angle_deg is None
    assert puzzle.piece is puzzle.origin is None and puzzle.decoys == ()


def test_a_piece_is_drawn_without_its_gap_and_without_decoys():
    options = PuzzleOptions(piece=1.0, gap=0.0, decoys=3)
    puzzle = render_puzzle(np.random.default_rng(3), None, options)
    assert puzzle.gap is None and puzzle.piece is not None and puzzle.decoys == ()
    assert puzzle.origin[1] == pytest.approx(puzzle.piece[1]) and puzzle.origin > puzzle.piece


def test_a_piece_shows_what_is_below_its_gap():
    puzzle = render_puzzle(np.random.default_rng(3), None, PuzzleOptions(piece=1.0))
    assert puzzle.origin == puzzle.gap
