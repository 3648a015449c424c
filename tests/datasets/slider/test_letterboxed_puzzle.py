import numpy as np

from pfld_mm.datasets.slider.letterboxed_puzzle import LetterboxedPuzzle

TRIANGLE = np.array([[10.0, 20.0], [30.0, 20.0], [18.0, 60.0]])


def puzzle(piece):
    return LetterboxedPuzzle(np.zeros((64, 128, 3), np.uint8), (TRIANGLE, piece), np.empty(0), 0.0)


def test_boxes_and_centers_are_those_of_the_outlines():
    found = puzzle(TRIANGLE + 5)
    np.testing.assert_array_equal(found.boxes, [[10, 20, 30, 60], [15, 25, 35, 65]])
    np.testing.assert_array_equal(found.centers, [[20, 40], [25, 45]])
    assert found.has_piece


def test_without_a_piece_its_box_is_nan():
    found = puzzle(None)
    assert not found.has_piece
    assert np.isnan(found.boxes[1]).all() and np.isfinite(found.boxes[0]).all()
