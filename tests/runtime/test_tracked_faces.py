import json

import numpy as np
import pytest

from pfld_mm.core.head_pose import HeadPose
from pfld_mm.runtime.tracked_faces import TrackedFaces

POINTS = np.arange(12, dtype=np.float32).reshape(2, 3, 2) + 0.123
BOXES = np.float32([[0, 1, 5, 6], [6, 7, 11, 12]])
POSES = tuple(HeadPose(0.1 * i, 0.2, 0.3, np.eye(3), np.zeros(3)) for i in range(2))


def test_json_has_two_decimals_and_the_id():
    faces = TrackedFaces(POINTS, BOXES, POSES, ids=(7, 9))
    plain = json.loads(json.dumps(faces.to_dict()))['faces'][1]
    assert plain['points'][0] == [6.12, 7.12]
    assert plain['yaw'] == 0.1 and plain['id'] == 9


def test_each_face_has_its_number():
    faces = TrackedFaces(POINTS, BOXES, ids=(7, 9))
    assert [face.id for face in faces] == [7, 9] and faces[-1].id == 9
    np.testing.assert_array_equal(faces[1].points, POINTS[1])
    with pytest.raises(IndexError):
        faces[2]


def test_selected_faces_keep_their_numbers():
    one = TrackedFaces(POINTS, BOXES, POSES, ids=(7, 9)).select(np.array([False, True]))
    assert isinstance(one, TrackedFaces) and one.ids == (9,) and one[0].id == 9
    np.testing.assert_array_equal(one.points, POINTS[1:])
    assert one.poses == POSES[1:]


def test_no_face_has_no_number():
    empty = TrackedFaces(np.zeros((0, 3, 2)), np.zeros((0, 4)))
    assert empty.ids == () and list(empty) == []
