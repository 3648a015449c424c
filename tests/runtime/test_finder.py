import inspect

import numpy as np
import pytest
from helpers.exported_models import disc_box, disc_image

from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.runtime.face_finder import FaceFinder
from pfld_mm.runtime.face_landmarker import FaceLandmarker
from pfld_mm.runtime.finder import Finder
from pfld_mm.runtime.haar_face_finder import HaarFaceFinder
from pfld_mm.runtime.yunet_face_finder import YuNetFaceFinder


@pytest.mark.parametrize('finder', [FaceFinder, HaarFaceFinder, YuNetFaceFinder])
def test_all_finders_are_called_alike(finder):
    ours, theirs = (inspect.signature(one.__call__) for one in (Finder, finder))
    assert list(ours.parameters) == list(theirs.parameters)
    assert theirs.return_annotation == 'FoundFaces'


def test_boxes_alone_are_as_good_as_found_faces(face_model):
    image = disc_image((240, 320), [(150, 100), (60, 180)], 30)
    boxes = np.float32([disc_box((150, 100), 30), disc_box((60, 180), 30)])
    boxes_alone, faces = (
        FaceLandmarker(face_model, finder=finder)(image)
        for finder in (lambda _: boxes, lambda _: FoundFaces.of_boxes(boxes))
    )
    assert len(boxes_alone) == 2
    np.testing.assert_array_equal(boxes_alone.points, faces.points)
    np.testing.assert_array_equal(boxes_alone.finder_scores, [1, 1])


def test_finder_is_asked_when_there_are_no_boxes(face_model):
    image = disc_image((240, 320), [(150, 100)], 50)
    box = disc_box((150, 100), 50).astype(np.float32)
    landmarker = FaceLandmarker(face_model, finder=lambda _: box[None], refine=False)
    np.testing.assert_array_equal(landmarker(image).points, landmarker(image, box).points)
    landmarker.finder = lambda _: np.zeros((0, 4), np.float32)
    assert len(landmarker(image)) == 0
