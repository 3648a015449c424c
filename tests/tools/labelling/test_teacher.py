import numpy as np
import pytest
from helpers.exported_models import disc_box, disc_image, face_folder, face_shape
from labelling.teacher import Teacher

from pfld_mm.runtime.face_landmarker import FaceLandmarker

CENTERS, RADIUS = [(110.0, 90.0), (240.0, 130.0)], 36.0
IMAGE = disc_image((220, 330), CENTERS, RADIUS)


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    return FaceLandmarker(face_folder(tmp_path_factory.mktemp('teacher') / 'm', k=98))


def boxes(shift=0.0):
    return np.array([disc_box(center, RADIUS, 98) for center in CENTERS], np.float32) + shift


def test_finds_the_faces_from_rough_boxes(model):
    """The disc model is exact wherever the disc lies in the crop: so must the mean be."""
    points, spread = Teacher([model], crops=4)(IMAGE, boxes(shift=5.0))
    for center, found in zip(CENTERS, points, strict=True):
        np.testing.assert_allclose(found, face_shape(98) * RADIUS + center, atol=0.5)
    assert points.shape == (2, 98, 2) and spread.shape == (2,)
    assert (spread < 0.01).all()


def test_mirrored_predictions_belong_to_their_points(model, monkeypatch):
    """A model that does not know left from right of the image moves the mean to the middle."""
    plain = FaceLandmarker.__call__

    def biased(self, image, box):
        landmarks = plain(self, image, box)
        landmarks.points[..., 0] += 3  # to the right in the image, mirrored or not
        return landmarks

    monkeypatch.setattr(FaceLandmarker, '__call__', biased)
    points, spread = Teacher([model], crops=4)(IMAGE, boxes())
    np.testing.assert_allclose(points[0], face_shape(98) * RADIUS + CENTERS[0], atol=0.5)
    np.testing.assert_allclose(spread, 3 / RADIUS / eye_distance(), rtol=0.1)


def eye_distance():
    shape = face_shape(98)
    return np.linalg.norm(shape[60] - shape[72])


def test_no_faces(model):
    points, spread = Teacher([model])(IMAGE, np.zeros((0, 4), np.float32))
    assert points.shape == (0, 98, 2) and spread.shape == (0,)


def test_one_mark_up(tmp_path, model):
    other = FaceLandmarker(face_folder(tmp_path / 'other', k=68))
    with pytest.raises(ValueError, match=r'one mark-up, \[68, 98\] points; found .* \[68, 98\]'):
        Teacher([model, other])
    with pytest.raises(ValueError, match=r'found models of \[\] points'):
        Teacher([])
