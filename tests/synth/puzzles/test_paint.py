import cv2
import numpy as np
import pytest
from helpers.puzzle_shapes import moments

from pfld_mm.synth.puzzles.looks import Look, random_gap_look, random_piece_look
from pfld_mm.synth.puzzles.outline import Patch, place, rotation
from pfld_mm.synth.puzzles.paint import cut_out, paint_gap, paint_piece
from pfld_mm.synth.puzzles.shapes import random_shape


def test_the_piece_shows_what_lies_under_the_turned_gap():
    """A bright spot under the gap appears in the piece at the place turned back."""
    shape = random_shape(np.random.default_rng(1), ('jigsaw',))
    angle, spot = np.deg2rad(15), np.array([9.3, -6.2])
    gap, piece = place(shape, 60, angle, (150.3, 60.7)), place(shape, 60, 0, (50.6, 60.7))
    y, x = np.mgrid[:120, :240] + 0.5
    at = gap.pivot + spot
    blob = 255 * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 8)
    clean = np.repeat(np.rint(blob)[..., None], 3, axis=2).astype(np.uint8)
    patch = Patch(10, 20, 80, 80)
    seen = np.array(moments(cut_out(clean, piece, gap, patch)[..., 0])) + (10, 20)
    np.testing.assert_allclose(seen, piece.pivot + rotation(-angle) @ spot, atol=0.05)


def test_a_plain_piece_moved_by_whole_pixels_copies_the_background():
    rng = np.random.default_rng(2)
    clean = cv2.resize(rng.integers(0, 256, (12, 24, 3), np.uint8), (240, 120))
    shape = random_shape(rng, ('jigsaw',))
    gap, piece = place(shape, 50, 0, (160.25, 60.5)), place(shape, 50, 0, (40.25, 60.5))
    image = clean.copy()
    paint_piece(image, clean, piece, gap, Look())
    inside = piece.alpha(Patch(0, 0, 240, 120)) == 1
    np.testing.assert_array_equal(image[:, :120][inside[:, :120]], clean[:, 120:][inside[:, :120]])


@pytest.mark.parametrize('gray', [0, 128, 255])
def test_every_gap_can_be_seen_on_every_ground(gray):
    """Darkened on black and lightened on white, a gap still shows along its outline."""
    rng = np.random.default_rng(gray)
    for _ in range(60):
        outline = place(random_shape(rng), 50, 0.1, (100, 60))
        clean = np.full((120, 200, 3), gray, np.uint8)
        image = clean.copy()
        paint_gap(image, outline, random_gap_look(rng, (0.7, 0.7)), rng)
        change = np.abs(image.astype(float) - clean).mean(2)
        rim = outline.stroke(Patch(0, 0, 200, 120), 3.5)
        assert (change * rim).sum() / rim.sum() > 5


def test_a_look_leaves_the_rest_of_the_image_alone():
    rng = np.random.default_rng(8)
    clean = np.full((300, 400, 3), 90, np.uint8)
    for _ in range(20):
        image = clean.copy()
        outline = place(random_shape(rng), 60, 0, (200, 150))
        paint_gap(image, outline, random_gap_look(rng, (1, 0)), rng)
        paint_piece(
            image, clean, outline.moved((100, 150)), outline, random_piece_look(rng, (1, 0))
        )
        assert (image[:, 260:] == 90).all() and (image[:80] == 90).all()
