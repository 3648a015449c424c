import cv2
import numpy as np
import pytest

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.core.face_markups import MARKUPS
from pfld_mm.core.finder.face_geometry import (
    FLIPPED_POINTS,
    WFLW_POINTS,
    face_roll,
    landmark_roll,
    rotated_boxes,
    upright_boxes,
)
from pfld_mm.core.head_pose import rotation_matrix


def tilted_face(degrees, k=98, yaw=0.0):
    """(K, 2) the mean face, 100 pixels wide, turned clockwise."""
    head = MARKUPS[k].mean_face @ rotation_matrix(np.deg2rad(yaw), 0, 0).T * 100
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return head[:, :2] @ turn.T + 300


@pytest.mark.parametrize('degrees', [-170, -90, -45, -10, 0, 10, 45, 90, 170])
@pytest.mark.parametrize('k', [68, 98])
def test_roll_is_the_clockwise_tilt(degrees, k):
    roll = landmark_roll(tilted_face(degrees, k)[None])
    np.testing.assert_allclose(roll, [degrees], atol=0.5)


def test_a_turned_head_keeps_its_roll():
    five = tilted_face(20, yaw=60)[None, list(WFLW_POINTS)]
    assert abs(face_roll(five)[0] - 20) < 6
    eyes = five[0, 1] - five[0, 0]
    assert np.hypot(*eyes) < 45  # the pupils' line alone is short there


def test_other_markups_have_no_roll():
    assert landmark_roll(np.zeros((3, 21, 2))).tolist() == [0, 0, 0]


def test_flipped_points_change_sides():
    five = tilted_face(15)[list(WFLW_POINTS)]
    mirrored = (five * (-1, 1))[list(FLIPPED_POINTS)]
    np.testing.assert_allclose(face_roll(mirrored), -face_roll(five), atol=1e-9)
    assert mirrored[0, 0] < mirrored[1, 0]


@pytest.mark.parametrize('degrees', [0, 20, 45, 90])
def test_rotated_box_is_near_the_box_of_the_rotated_landmarks(degrees):
    face = tilted_face(0)
    matrix = cv2.getRotationMatrix2D((300, 300), -degrees, 0.5)
    box = rotated_boxes(landmark_boxes(face[None]), matrix)[0]
    expected = landmark_boxes((face @ matrix[:, :2].T + matrix[:, 2])[None])[0]
    assert np.abs(box - expected).max() < 0.08 * (expected[2:] - expected[:2]).max()


@pytest.mark.parametrize('degrees', [-90, -60, -45, -30, -15, 0, 10, 30, 45, 60, 90, 180])
def test_upright_boxes_undo_the_tilt(degrees):
    face = tilted_face(0) * (0.95, 1)  # the shape of a usual face
    upright = landmark_boxes(face[None])[0]
    matrix = cv2.getRotationMatrix2D((300, 300), -degrees, 1)
    tilted = landmark_boxes((face @ matrix[:, :2].T + matrix[:, 2])[None])
    box = upright_boxes(tilted, np.array([degrees]))[0]
    size = (upright[2:] - upright[:2]).max()
    np.testing.assert_allclose(box[2:] - box[:2], upright[2:] - upright[:2], atol=0.08 * size)
    center = (upright[:2] + upright[2:]) / 2 @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose((box[:2] + box[2:]) / 2, center, atol=0.03 * size)


def test_upright_faces_keep_their_boxes_to_the_bit():
    boxes = np.random.default_rng(0).uniform(0, 100, (20, 4)).astype(np.float32)
    assert (upright_boxes(boxes, np.zeros(20, np.float32)) == boxes).all()
