from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from pfld_mm.core.head_pose import HeadPose
from pfld_mm.runtime.face import Face
from pfld_mm.runtime.face_landmarks import FaceLandmarks

POINTS = np.arange(12, dtype=np.float32).reshape(2, 3, 2) + 0.123
BOXES = np.float32([[0, 1, 5, 6], [6, 7, 11, 12]])


def test_what_the_model_does_not_tell_is_none_and_left_out():
    face = FaceLandmarks(POINTS, BOXES)[0]
    assert face.pose is face.scores is face.sigmas is face.score is face.id is None
    assert face.to_dict().keys() == {'box', 'points'}


def test_a_faces_score_is_the_mean_of_its_points():
    scores = np.float32([[0.2, 0.4, 0.6], [1, 1, 1]])
    sigmas = np.full((2, 3, 2), 0.5, np.float32)
    faces = FaceLandmarks(POINTS, BOXES, scores=scores, sigmas=sigmas)
    assert faces[0].score == pytest.approx(0.4)
    plain = faces.to_dict()['faces'][0]
    assert plain['score'] == 0.4 and plain['scores'] == [0.2, 0.4, 0.6]
    assert plain['sigmas'] == [[0.5, 0.5]] * 3


def test_plain_data_by_hand():
    pose = HeadPose(0.123456, -0.2, 0.3, np.eye(3), np.zeros(3))
    face = Face(POINTS[0], BOXES[0], pose, np.float32([0.25, 0.5, 1]), id=4)
    assert face.to_dict() == dict(
        box=[0, 1, 5, 6],
        points=[[0.12, 1.12], [2.12, 3.12], [4.12, 5.12]],
        score=0.5833,
        scores=[0.25, 0.5, 1],
        yaw=0.1235,
        pitch=-0.2,
        roll=0.3,
        id=4,
    )
    with pytest.raises(FrozenInstanceError):
        face.id = 5
