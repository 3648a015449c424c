import pytest
from helpers.exported_models import face_folder, slider_folder

from pfld_mm.runtime.face_landmarker import FaceLandmarker


@pytest.fixture(scope='session')
def face_model(tmp_path_factory):
    """Folder of a face model with 68 points that follows reddish discs."""
    return face_folder(tmp_path_factory.mktemp('face') / 'model')


@pytest.fixture(scope='session')
def slider_model(tmp_path_factory):
    """Folder of a slider model: red is the gap, green the piece."""
    return slider_folder(tmp_path_factory.mktemp('slider') / 'model')


@pytest.fixture(scope='session')
def landmarker(face_model):
    return FaceLandmarker(face_model)
