import cv2
import numpy as np
import pytest

from pfld_mm.core.boxes import iou
from pfld_mm.runtime import haar_face_finder
from pfld_mm.runtime.haar_face_finder import EXTENT, SHIFT, HaarFaceFinder, from_haar
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face


def test_from_haar_by_hand():
    box = from_haar(np.array([[100.0, 50, 200, 200]]))[0]
    np.testing.assert_allclose((box[:2] + box[2:]) / 2, (200, 150 + SHIFT[1] * 200), atol=1e-4)
    np.testing.assert_allclose(box[2:] - box[:2], np.multiply(EXTENT, 200), atol=1e-4)


@pytest.fixture(scope='module')
def drawn_faces():
    """The first dozen synthetic faces that the cascade finds, with their landmark boxes."""
    finder, faces = HaarFaceFinder(min_side=0.3), []
    for index in range(60):
        image, points = render_face(sample_face(0, 'train', index))
        if len(finder(image)):
            faces.append((image, np.concatenate([points.min(0), points.max(0)])))
        if len(faces) == 12:
            break
    return faces


def test_haar_finds_drawn_faces_at_their_landmark_boxes(drawn_faces):
    finder = HaarFaceFinder(min_side=0.3)
    assert len(drawn_faces) == 12
    best = [iou(finder(image).boxes, box[None]).max() for image, box in drawn_faces]
    assert np.median(best) > 0.7  # measured: 0.77


def test_haar_finds_the_same_in_a_larger_image(drawn_faces):
    image, _ = drawn_faces[0]
    small = HaarFaceFinder(min_side=0.3, max_side=max(image.shape))
    large = cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    one, other = small(image).boxes, small(large).boxes / 3
    assert iou(one[:1], other[:1])[0, 0] > 0.85


def test_many_boxes_at_once():
    boxes = from_haar(np.array([[0.0, 0, 9, 9], [0, 0, 99, 99]]))
    assert boxes.shape == (2, 4) and boxes.dtype == np.float32


def test_haar_orders_equal_squares_by_place(monkeypatch):
    squares = np.array([[9, 5, 40, 40], [2, 5, 40, 40], [3, 1, 40, 40], [8, 8, 50, 50]])

    class Cascade:
        def detectMultiScale(self, *_, **__):
            return np.random.default_rng().permutation(squares)

    monkeypatch.setattr(haar_face_finder, '_load', lambda name: Cascade())
    finder = HaarFaceFinder()
    wanted = from_haar(squares[[3, 2, 1, 0]])
    for _ in range(9):
        np.testing.assert_allclose(finder(np.zeros((99, 99, 3), np.uint8)).boxes, wanted)


@pytest.mark.parametrize('shape', [(1, 1, 3), (1, 500, 3), (5, 19, 3), (3000, 2, 3), (64, 64, 3)])
def test_haar_has_an_answer_for_every_size(shape):
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    found = HaarFaceFinder()(noise)
    assert found.boxes.shape[1:] == (4,) and found.boxes.dtype == np.float32
    assert len(found.roll) == len(found.scores) == len(found)


def test_an_opencv_without_cascades_is_named(monkeypatch):
    monkeypatch.setattr(haar_face_finder, 'CASCADE', 'haarcascade_that_is_not_there.xml')
    with pytest.raises(ImportError, match='opencv-python<5'):
        HaarFaceFinder()
    monkeypatch.undo()
    monkeypatch.delattr(cv2, 'CascadeClassifier')
    with pytest.raises(ImportError, match='OpenCV 5 dropped it'):
        HaarFaceFinder()
