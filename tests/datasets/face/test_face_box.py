import numpy as np
import pytest

from pfld_mm.datasets.face.annotated_face import AnnotatedFace
from pfld_mm.datasets.face.face_box import face_box

POINTS = np.array([[10.5, 20.0], [50.25, 90.0], [30.0, 40.0]], np.float32)
FACE = AnnotatedFace(POINTS, 'a.jpg', 'list.txt:3', box=np.array([1, 2, 60, 100], np.float32))


def test_landmark_and_annotated_box():
    np.testing.assert_array_equal(face_box(FACE, 'landmarks', 0, 0), [10.5, 20, 50.25, 90])
    np.testing.assert_array_equal(face_box(FACE, 'annotated', 0, 0), [1, 2, 60, 100])


def test_detector_box_depends_on_seed_and_index_only():
    box = face_box(FACE, 'detector', 3, 7)
    np.testing.assert_array_equal(box, face_box(FACE, 'detector', 3, 7))
    assert not np.allclose(box, face_box(FACE, 'detector', 3, 8))
    assert not np.allclose(box, face_box(FACE, 'detector', 4, 7))


def test_detector_errors_have_the_stated_spread():
    boxes = np.array([face_box(FACE, 'detector', 0, i) for i in range(4000)], np.float64)
    side = np.array([39.75, 70.0])
    place = ((boxes[:, :2] + boxes[:, 2:]) / 2 - [30.375, 55.0]) / side
    size = (boxes[:, 2:] - boxes[:, :2]) / side
    np.testing.assert_allclose(place.std(0), 0.05, rtol=0.05)
    np.testing.assert_allclose(size.std(0), 0.10, rtol=0.05)
    np.testing.assert_allclose(np.r_[place.mean(0), size.mean(0)], [0, 0, 1, 1], atol=0.006)
    np.testing.assert_allclose(size[:, 0], size[:, 1], atol=1e-5)
    assert size.min() > 0.69
    assert abs(np.corrcoef(place.T)[0, 1]) < 0.06


def test_no_area_and_no_box_are_named():
    flat = AnnotatedFace(POINTS * [1, 0], 'a.jpg', 'list.txt:3', box=np.array([5, 5, 5, 9.0]))
    for rule in ('landmarks', 'detector', 'annotated'):
        with pytest.raises(ValueError, match=r'list\.txt:3: the .*box .*no area'):
            face_box(flat, rule, 0, 0)
    with pytest.raises(ValueError, match=r"b\.pts: box='annotated', but .* use box='landmarks'"):
        face_box(AnnotatedFace(POINTS, 'a.jpg', 'b.pts'), 'annotated', 0, 0)
