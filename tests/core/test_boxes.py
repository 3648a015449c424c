import numpy as np
import pytest

from pfld_mm.core.boxes import checked_boxes, crop_squares, iou, jittered, landmark_boxes, plausible


def test_landmark_boxes_of_one_and_of_many():
    points = np.array([[1, 5], [4, 2], [3, 9]], np.float32)
    np.testing.assert_array_equal(landmark_boxes(points), [1, 2, 4, 9])
    np.testing.assert_array_equal(landmark_boxes(np.stack([points, points + 1]))[1], [2, 3, 5, 10])


def test_iou():
    boxes = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [5, 5, 6, 6]], float)
    expected = np.array([[1, 1 / 7, 0], [1 / 7, 1, 0], [0, 0, 1]])
    np.testing.assert_allclose(iou(boxes, boxes), expected, atol=1e-12)


def test_jittered_moves_by_shares_of_the_sides_and_keeps_the_center_when_scaled():
    box = np.array([10, 20, 30, 60])
    np.testing.assert_allclose(jittered(box, (0.1, -0.5), 1), [12, 0, 32, 40])
    np.testing.assert_allclose(jittered(box[None], np.zeros((1, 2)), 2), [[0, 0, 40, 80]])


def test_jittered_without_errors_changes_nothing():
    boxes = np.random.default_rng(0).uniform(0, 50, (7, 2)).repeat(2, 1) + [0, 0, 9, 9]
    np.testing.assert_allclose(jittered(boxes, np.zeros((7, 2)), np.ones((7, 1))), boxes)


def test_squares_grow_along_the_shorter_side():
    centers, extents = crop_squares(np.float32([[0, 0, 10, 20]]), 1.5, (112, 112))
    np.testing.assert_allclose(centers, [[5, 10]])
    np.testing.assert_allclose(extents, [[30, 30]])


def test_plausible_boxes_have_their_center_in_the_image():
    boxes = np.array([[0, 0, 20, 20], [-30, 0, -5, 20], [3, 3, 6, 6]], float)
    assert plausible(boxes, (100, 100, 3)).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ('box', 'message'),
    [
        ([0, 0, np.nan, 5], 'not finite'),
        ([5, 5, 5, 9], 'no area'),
        ([200, 0, 210, 9], 'outside'),
        ([0, 0, 1e6, 1e6], 'over 20 times'),
        ([1, 2, 3], r'expected boxes of shape \(F, 4\)'),
    ],
)
def test_impossible_boxes_are_named(box, message):
    with pytest.raises(ValueError, match=message):
        checked_boxes(box, (100, 100, 3))


def test_no_boxes_are_no_error():
    assert checked_boxes([], (10, 10, 3)).shape == (0, 4)
