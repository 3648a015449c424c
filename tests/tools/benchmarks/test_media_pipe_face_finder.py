import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from benchmarks.media_pipe_face_finder import MediaPipeFaceFinder


def media_pipe(detections, seen):
    """A module with MediaPipe's ``solutions``, whose detector gives the detections."""

    def process(image):
        seen.append(image)
        return SimpleNamespace(detections=detections)

    def detector(min_detection_confidence, model_selection):
        assert (min_detection_confidence, model_selection) == (0.5, 1)
        return SimpleNamespace(process=process)

    module = ModuleType('mediapipe')
    module.solutions = SimpleNamespace(face_detection=SimpleNamespace(FaceDetection=detector))
    return module


def detection(**box):
    return SimpleNamespace(
        location_data=SimpleNamespace(relative_bounding_box=SimpleNamespace(**box))
    )


@pytest.mark.parametrize('count', [0, 1, 2])
def test_boxes_in_pixels_of_an_rgb_image(monkeypatch, count):
    seen = []
    found = [detection(xmin=0.25, ymin=0.5, width=0.5, height=0.25)] * count or None
    monkeypatch.setitem(sys.modules, 'mediapipe', media_pipe(found, seen))
    image = np.zeros((100, 200, 3), np.uint8)
    image[..., 0] = 255
    faces = MediaPipeFaceFinder()(image)
    np.testing.assert_array_equal(
        faces.boxes, np.float32([[50, 50, 150, 75]] * count).reshape(-1, 4)
    )
    assert (seen[0][..., 2] == 255).all()


def test_without_media_pipe(monkeypatch):
    monkeypatch.setitem(sys.modules, 'mediapipe', None)
    with pytest.raises(ImportError):
        MediaPipeFaceFinder()
