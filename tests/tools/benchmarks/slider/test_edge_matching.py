import math

import cv2
import numpy as np
import pytest
from benchmarks.slider.edge_matching import STRIP, EdgeMatching


def puzzle(gaps, piece=(5, 40), seed=0, shape=(160, 320)):
    """A soft background with one outline: the piece, and a copy of it at each of the gaps."""
    noise = np.random.default_rng(seed).integers(90, 150, (5, 9, 3), np.uint8)
    image = cv2.resize(noise, shape[::-1], interpolation=cv2.INTER_CUBIC)
    outline = np.array([[2, 2], [37, 2], [37, 20], [30, 25], [37, 30], [37, 41], [15, 41], [2, 30]])
    for place, gray in [(piece, 255), *gaps]:
        cv2.polylines(image, [outline + place], True, (gray,) * 3, 2)
    return image


def test_the_gap_is_found_and_fractions_of_the_box_are_kept():
    image = puzzle([((201, 40), 255)])
    assert EdgeMatching()(image, (5, 40, 45, 84)) == (221, 62)
    assert EdgeMatching(same_row=True)(image, (5, 40, 45, 84)) == (221, 62)
    x, y = EdgeMatching()(image, (5.3, 39.8, 44.7, 84.4))
    assert (x, y) == pytest.approx((196 + 25, 62.1))


def test_only_the_row_tells_two_copies_apart():
    image = puzzle([((120, 40), 30), ((220, 100), 255)])
    image[52:60, 132:150] = 0  # spoils the true gap: the copy in the other row fits better
    box = (5, 40, 45, 84)
    assert EdgeMatching()(image, box) == (240, 122)
    assert EdgeMatching(same_row=True)(image, box) == (140, 62)


def test_without_a_box_the_left_strip_is_the_piece_and_y_is_not_known():
    image = puzzle([((195, 40), 255)])
    for matching in (EdgeMatching(), EdgeMatching(same_row=True)):
        x, y = matching(image)
        assert x == 190 + STRIP * 320 / 2
        assert math.isnan(y)


def test_no_answer_where_there_is_none():
    image = puzzle([((200, 40), 255)])
    assert EdgeMatching()(np.full_like(image, 90), (5, 40, 45, 84)) is None
    assert EdgeMatching()(image, (170, 40, 300, 84)) is None, 'no room to the right'


@pytest.mark.parametrize('box', [(-50, 40, -5, 84), (5, 170, 45, 200), (45, 40, 5, 84)])
def test_a_box_outside_is_named(box):
    with pytest.raises(ValueError, match=r'outside the image, 320x160 px'):
        EdgeMatching()(puzzle([]), box)


def test_a_box_that_sticks_out_is_cut():
    image = puzzle([((201, 40), 255)], piece=(-3, 40))
    assert EdgeMatching()(image, (-3, 40, 37, 84)) == (221, 62)
