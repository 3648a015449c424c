import numpy as np
import pytest
from helpers.runs import ROOT
from mmpose.apis import MMPoseInferencer

from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.runtime import FaceFinder
from pfld_mm.runtime.mmpose_detector import MMPoseDetector

CONFIG = str(ROOT / 'configs/pfld_ghostone_finetune.py')


@pytest.fixture
def inferencer(checkpoint):
    return MMPoseInferencer(
        pose2d=CONFIG, pose2d_weights=checkpoint, det_model='whole_image', device='cpu'
    )


def test_the_whole_image_and_the_finder_s_boxes(inferencer, face, face_file, tmp_path):
    image, points = face
    answer = next(inferencer(face_file, return_vis=True, vis_out_dir=str(tmp_path / 'out')))
    (whole,) = answer['predictions'][0]
    assert np.shape(whole['keypoints']) == (98, 2)
    assert answer['visualization'][0].shape == image.shape
    assert (tmp_path / 'out/face.png').is_file()

    MMPoseDetector(FaceFinder()).attach(inferencer)
    for given in (image, face_file):
        (found,) = next(inferencer(given))['predictions'][0]
        error = np.abs(np.array(found['keypoints']) - points).mean()
        assert error < 4 and error < np.abs(np.array(whole['keypoints']) - points).mean()


def test_a_finder_that_gives_boxes_alone_and_one_that_finds_none(face):
    image, _ = face
    boxes = np.array([[1, 2, 30, 40]], np.float32)
    found = MMPoseDetector(lambda image: boxes)(image)['predictions'][0].pred_instances
    np.testing.assert_array_equal(found.cpu().numpy().bboxes, boxes)
    assert found.scores.shape == found.labels.shape == (1,)
    empty = MMPoseDetector(lambda image: FoundFaces.of_boxes(boxes[:0]))(image)['predictions'][0]
    assert len(empty.bboxes) == len(empty.scores) == len(empty.labels) == 0
