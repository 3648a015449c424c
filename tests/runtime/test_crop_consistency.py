import numpy as np
import pytest

from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.runtime.crop_consistency import crop_inconsistency
from pfld_mm.runtime.face_landmarks import FaceLandmarks

IMAGE = np.zeros((90, 120, 3), np.uint8)
BOXES = np.float32([[10, 20, 50, 60], [60, 10, 100, 80]])
CORNERS = np.float32([[0, 0], [1, 0], [1, 1], [0, 1]])


def corners(boxes):
    """Four points (F, 4, 2): what a network draws that follows its crop."""
    return boxes[:, None, :2] + CORNERS * (boxes[:, 2:] - boxes[:, :2])[:, None]


class Landmarker:
    """Answers by a function of the boxes, and keeps what it was asked."""

    def __init__(self, points_of):
        self.points_of = points_of
        self.asked = []

    def __call__(self, image, faces):
        self.asked.append(faces)
        return FaceLandmarks(self.points_of(faces.boxes), faces.boxes)


def inconsistency(points_of, roll=None):
    landmarker = Landmarker(points_of)
    found = FaceLandmarks(points_of(BOXES), BOXES, roll=roll)
    return crop_inconsistency(landmarker, IMAGE, found), landmarker.asked


def test_points_that_follow_the_crop_move_by_a_tenth_of_the_box():
    values, (asked,) = inconsistency(corners)
    sides = BOXES[:, 2:] - BOXES[:, :2]
    expected = 0.1 * np.hypot(*sides.T) / np.sqrt(sides.prod(1))
    np.testing.assert_allclose(values, expected, rtol=1e-5)  # widened: 0.15
    np.testing.assert_allclose(asked.boxes[0], (6, 16, 46, 56), rtol=1e-6)
    np.testing.assert_allclose(asked.boxes[3], (54, -0.5, 106, 90.5), rtol=1e-6)


def test_points_that_stay_are_those_of_a_face():
    still = corners(BOXES)
    values, _ = inconsistency(lambda boxes: np.tile(still, (len(boxes) // 2, 1, 1)))
    np.testing.assert_array_equal(values, [0, 0])


def test_the_smaller_of_the_two_counts():
    """Points around the middle of the crop move with it, but do not care how wide it is."""

    def middle(boxes):
        centers = (boxes[:, :2] + boxes[:, 2:]) / 2
        return centers[:, None] + 10 * CORNERS

    np.testing.assert_allclose(inconsistency(middle)[0], [0, 0], atol=1e-6)


def test_points_that_are_all_the_same_are_no_face():
    values, _ = inconsistency(lambda boxes: np.full((len(boxes), 4, 2), 7.0))
    assert np.isinf(values).all()


@pytest.mark.parametrize(('roll', 'expected'), [(None, [0, 0, 0, 0]), ([5, -40], [5, -40, 5, -40])])
def test_the_crops_keep_their_tilt(roll, expected):
    given = None if roll is None else np.float32(roll)
    _, (asked,) = inconsistency(corners, given)
    assert isinstance(asked, FoundFaces) and asked.roll.tolist() == expected


def test_no_face_asks_nothing():
    landmarker = Landmarker(corners)
    empty = FaceLandmarks(np.zeros((0, 4, 2)), np.zeros((0, 4)))
    assert crop_inconsistency(landmarker, IMAGE, empty).shape == (0,)
    assert landmarker.asked == []
