import json
import sys
import types

import numpy as np
import pytest

from pfld_mm.core.head_pose import HeadPose
from pfld_mm.runtime.face_landmarks import FaceLandmarks

POINTS = np.arange(12, dtype=np.float32).reshape(2, 3, 2) + 0.123
BOXES = np.float32([[0, 1, 5, 6], [6, 7, 11, 12]])
POSES = tuple(HeadPose(0.1 * i, 0.2, 0.3, np.eye(3), np.zeros(3)) for i in range(2))


def test_length_items_and_iteration_agree():
    faces = FaceLandmarks(POINTS, BOXES, POSES)
    assert len(faces) == 2
    for index, face in enumerate(faces):
        np.testing.assert_array_equal(face.points, POINTS[index])
        np.testing.assert_array_equal(faces[index].box, BOXES[index])
        assert face.pose is POSES[index]
    assert faces[-1].pose is POSES[1]
    with pytest.raises(IndexError):
        faces[2]


def test_a_slice_has_all_that_is_theirs():
    faces = FaceLandmarks(POINTS, BOXES, POSES)
    last = faces[1:]
    assert isinstance(last, FaceLandmarks) and len(last) == 1 and last.poses == POSES[1:]
    np.testing.assert_array_equal(faces[::-1].points, POINTS[::-1])
    assert len(faces[5:]) == 0 and list(faces[:0]) == []


def test_no_faces():
    faces = FaceLandmarks(np.zeros((0, 3, 2)), np.zeros((0, 4)))
    assert list(faces) == []
    assert faces.to_dict() == {'faces': []}


def test_coco_results():
    scores = np.float32([[0.2, 0.4, 0.6], [1, 1, 1]])
    first, second = FaceLandmarks(POINTS, BOXES, scores=scores).to_coco(7, category_id=3)
    assert first['image_id'] == 7 and first['category_id'] == 3
    assert first['keypoints'] == [0.12, 1.12, 0.2, 2.12, 3.12, 0.4, 4.12, 5.12, 0.6]
    assert second['bbox'] == [6, 7, 5, 5] and first['score'] == 0.4
    plain = FaceLandmarks(POINTS, BOXES).to_coco(7)
    assert plain[0]['keypoints'][2::3] == [1, 1, 1] and plain[0]['score'] == 1
    assert json.loads(json.dumps(plain)) == plain


def test_selected_faces_keep_all_that_is_theirs():
    scores = np.float32([[0.2, 0.4, 0.6], [1, 1, 1]])
    sigmas = np.stack([np.full((3, 2), 0.5), np.full((3, 2), 2)]).astype(np.float32)
    faces = FaceLandmarks(POINTS, BOXES, POSES, scores, sigmas)
    np.testing.assert_allclose(faces.relative_sigma(), [0.1, 0.4])
    one = faces.select(faces.relative_sigma() > 0.2)
    assert len(one) == 1 and one.poses == POSES[1:]
    np.testing.assert_array_equal(one.points, POINTS[1:])
    np.testing.assert_array_equal(one.sigmas, sigmas[1:])
    assert len(faces.select(np.zeros(2, bool))) == 0
    assert FaceLandmarks(POINTS, BOXES).relative_sigma() is None


@pytest.mark.parametrize('scores', [None, np.float32([[0.2, 0.4, 0.6], [1, 1, 1]])])
def test_supervision_gets_points_classes_and_scores(monkeypatch, scores):
    """Of its ``KeyPoints`` the order of the first three arguments is the same in all versions."""
    fake = types.SimpleNamespace(KeyPoints=lambda *values: values)
    monkeypatch.setitem(sys.modules, 'supervision', fake)
    points, classes, confidence = FaceLandmarks(POINTS, BOXES, scores=scores).to_supervision()
    np.testing.assert_array_equal(points, POINTS)
    assert classes.tolist() == [0, 0] and confidence is scores


def test_supervision_draws_them():
    supervision = pytest.importorskip('supervision')
    faces = FaceLandmarks(POINTS, BOXES, scores=np.ones((2, 3), np.float32)).to_supervision()
    assert isinstance(faces, supervision.KeyPoints) and len(faces) == 2
    image = np.zeros((20, 20, 3), np.uint8)
    assert supervision.VertexAnnotator().annotate(image, faces).any()


def test_without_supervision_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'supervision', None)
    with pytest.raises(ImportError, match='pip install supervision'):
        FaceLandmarks(POINTS, BOXES).to_supervision()
