"""Its work inside of MMPose's inferencer: tests/mmpose_doors/test_inferencer.py."""

import numpy as np

from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.runtime.mmpose_detector import MMPoseDetector


def test_a_finder_that_gives_boxes_alone_and_one_that_finds_none():
    image = np.zeros((40, 40, 3), np.uint8)
    boxes = np.array([[1, 2, 30, 40]], np.float32)
    found = MMPoseDetector(lambda image: boxes)(image)['predictions'][0].pred_instances
    np.testing.assert_array_equal(found.cpu().numpy().bboxes, boxes)
    assert found.scores.shape == found.labels.shape == (1,)
    empty = MMPoseDetector(lambda image: FoundFaces.of_boxes(boxes[:0]))(image)['predictions'][0]
    assert len(empty.bboxes) == len(empty.scores) == len(empty.labels) == 0
