import cv2
import numpy as np
import pytest

from pfld_mm.synth.puzzles.camera import (
    PAGE_GRAYS,
    degrade,
    put_on_page,
    random_margins,
    random_resize,
    resize,
)
from pfld_mm.synth.puzzles.puzzle import Puzzle


def spot(x=30.5, y=12.5):
    """A puzzle whose gap is a soft bright spot."""
    columns, rows = np.meshgrid(np.arange(80) + 0.5, np.arange(40) + 0.5)
    soft = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 18)
    image = np.repeat(np.rint(soft)[..., None], 3, axis=2).astype(np.uint8)
    outline = np.array([[x - 5, y - 5], [x + 5, y + 5]])
    return Puzzle(image, (x, y), None, 0.0, (), outline, None)


def center(image):
    gray = image[..., 0].astype(float)
    y, x = np.mgrid[: gray.shape[0], : gray.shape[1]] + 0.5
    return (gray * x).sum() / gray.sum(), (gray * y).sum() / gray.sum()


@pytest.mark.parametrize('size', [(160, 80), (40, 20), (120, 30), (53, 47)])
@pytest.mark.parametrize('way', [cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC])
def test_labels_follow_a_resize(size, way):
    resized = resize(spot(), *size, way)
    assert resized.image.shape[1::-1] == size
    np.testing.assert_allclose(center(resized.image), resized.gap, atol=0.15)


def test_a_page_moves_all_by_its_margins():
    puzzle = put_on_page(np.random.default_rng(0), spot(), (3, 5, 7, 11))
    assert puzzle.image.shape == (40 + 18, 80 + 8, 3) and puzzle.gap == (33.5, 19.5)
    np.testing.assert_array_equal(puzzle.image[7:47, 3:83], spot().image)
    assert puzzle.image[0, 0, 0] in PAGE_GRAYS


def test_margins_are_within_their_range():
    margins = np.array([random_margins(np.random.default_rng(i), 200) for i in range(200)])
    assert margins.min() >= 0 and margins[:, :3].max() <= 16 and 30 < margins[:, 3].max() <= 46


def test_a_size_that_is_right_is_left_alone():
    puzzle = spot()
    assert random_resize(np.random.default_rng(0), puzzle, 80, 40) is puzzle
    assert random_resize(np.random.default_rng(0), puzzle, 90, 40).image.shape == (40, 90, 3)


def test_degradation_changes_pixels_and_moves_nothing():
    puzzle, changed = spot(), 0
    for seed in range(60):
        image = degrade(np.random.default_rng(seed), puzzle.image)
        assert image.shape == puzzle.image.shape and image.dtype == np.uint8
        changed += not np.array_equal(image, puzzle.image)
        gray = image[..., 0].astype(float)
        bright = np.clip(gray - np.quantile(gray, 0.9), 0, None)  # without noise and brightness
        np.testing.assert_allclose(center(bright[..., None]), puzzle.gap, atol=1)
    assert changed > 50
