import cv2
import numpy as np
import pytest
from helpers.exported_models import disc_box, disc_image, face_folder, slider_folder

from pfld_mm.runtime.face_finder import FaceFinder
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


@pytest.fixture
def found_disc(monkeypatch):
    """The default finder sees one disc, wherever it is."""

    def find(self, image):
        y, x = np.nonzero(image[..., 2] > 150)
        return (
            disc_box((x.mean(), y.mean()), 30)[None].astype('f4')
            if len(x)
            else np.zeros((0, 4), 'f4')
        )

    monkeypatch.setattr(FaceFinder, '__call__', find)


@pytest.fixture
def images(tmp_path):
    """A folder with a face, an image without one, a broken one and a file that is none."""
    folder = tmp_path / 'images'
    folder.mkdir()
    cv2.imwrite(str(folder / 'a.png'), disc_image((200, 200), [(90, 110)], 30))
    cv2.imwrite(str(folder / 'b.jpg'), np.zeros((50, 60, 3), np.uint8))
    (folder / 'c.png').write_bytes(b'broken')
    (folder / 'd.txt').write_text('not an image')
    return folder
