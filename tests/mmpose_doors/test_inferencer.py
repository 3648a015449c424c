import numpy as np
import pytest
from helpers.runs import ROOT
from mmpose.apis import MMPoseInferencer

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
