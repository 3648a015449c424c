import numpy as np
import pytest
import torch
from mmengine.dataset import Compose

from pfld_mm.core.face_markups import WFLW98
from pfld_mm.datasets.transforms.generate_face_labels import GenerateFaceLabels

CODEC = dict(type='RegressionLabel', input_size=(112, 112))


def face() -> np.ndarray:
    """(1, 98, 2) points of a frontal face in the crop."""
    flat = WFLW98.mean_face[:, :2]
    flat = (flat - flat.mean(0)) / np.ptp(flat[:, 1]) * 90 + 56
    return flat[None].astype(np.float32)


def packed(points: np.ndarray, euler: bool = True, **more):
    results = dict(
        img=np.zeros((112, 112, 3), np.uint8),
        transformed_keypoints=points,
        keypoints_visible=np.ones(points.shape[:2], np.float32),
        attributes=np.array([1, 0, 0, 1, 0, 0], np.float32),
        input_size=(112, 112),
        **more,
    )
    steps = [
        dict(type='GenerateTarget', encoder=CODEC),
        dict(type='GenerateFaceLabels', euler=euler),
        dict(type='PackPoseInputs'),
    ]
    return Compose(steps)(results)['data_samples'].gt_instance_labels


def test_labels_are_packed():
    labels = packed(face())
    assert labels.attributes.tolist() == [[1, 0, 0, 1, 0, 0]]
    assert labels.euler.shape == (1, 3) and labels.euler.dtype == torch.float32
    assert labels.keypoint_labels.shape == (1, 98, 2)
    assert 'euler' not in packed(face(), euler=False)


def test_points_outside_the_crop_are_supervised():
    points = face()
    points[0, 16, 1] = 130.5
    labels = packed(points, euler=False)
    assert labels.keypoint_weights.tolist() == [[1.0] * 98]
    np.testing.assert_allclose(labels.keypoint_labels[0, 16, 1], 130.5 / 112, rtol=1e-6)


@pytest.mark.parametrize('degrees', [-25, 10, 30])
def test_rotation_in_the_plane_adds_to_roll(degrees):
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    before = packed(face()).euler[0]
    after = packed(((face() - 56) @ turn.T + 56).astype(np.float32)).euler[0]
    np.testing.assert_allclose(np.abs((after - before)[2]), abs(angle), atol=0.02)
    np.testing.assert_allclose((after - before)[:2], 0, atol=0.03)


def test_points_without_a_model_have_no_pose():
    points = np.random.default_rng(0).uniform(0, 112, (1, 5, 2)).astype(np.float32)
    for euler in (False, True):
        labels = packed(points, euler=euler)
        assert labels.keypoint_labels.shape == (1, 5, 2) and 'euler' not in labels


def test_default_table_is_not_changed():
    from mmpose.datasets.transforms import PackPoseInputs

    before = dict(PackPoseInputs.label_mapping_table)
    GenerateFaceLabels(euler=False)(dict(keypoints_visible=np.ones((1, 5)), attributes=np.zeros(6)))
    assert PackPoseInputs.label_mapping_table == before
