import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

import pfld_mm.register  # noqa: F401  (the losses that configs name)
from pfld_mm.models.heads.pfld_head import PFLDHead

PFLD_LOSS = dict(type='PFLDLoss')


def samples(n=3, k=5, pose=True):
    generator = torch.Generator().manual_seed(0)
    batch = []
    for _ in range(n):
        labels = InstanceData()
        labels.keypoint_labels = torch.rand(1, k, 2, generator=generator)
        labels.keypoint_weights = torch.ones(1, k)
        if pose:
            labels.euler = torch.rand(1, 3, generator=generator)
            labels.attributes = (torch.rand(1, 6, generator=generator) < 0.5).float()
        sample = PoseDataSample()
        sample.gt_instance_labels = labels
        sample.set_metainfo(dict(flip_indices=list(range(k)), input_size=(112, 112)))
        batch.append(sample)
    return batch


def pose_head():
    return PFLDHead(176, 5, pose_channels=64, loss=PFLD_LOSS)


def features(n=3):
    generator = torch.Generator().manual_seed(1)
    vector = torch.rand(n, 176, 1, 1, generator=generator)
    return torch.rand(n, 64, 28, 28, generator=generator), vector


def test_losses_without_a_pose_branch():
    losses = PFLDHead(176, 5).loss(features(), samples(pose=False))
    assert set(losses) == {'loss_landmark', 'pixel_error'}
    assert losses['loss_landmark'].requires_grad
    assert not losses['pixel_error'].requires_grad


def test_pixel_error_is_the_mean_distance_in_pixels():
    head, batch = PFLDHead(176, 5, input_size=(96, 160)), samples()
    points = head(features()).detach()
    target = torch.cat([s.gt_instance_labels.keypoint_labels for s in batch])
    expected = np.hypot(*((points - target) * torch.tensor([96, 160])).numpy().transpose(2, 0, 1))
    error = head.loss(features(), batch)['pixel_error']
    assert error.item() == pytest.approx(expected.mean(), rel=1e-5)


def test_the_pose_branch_learns_from_the_pfld_loss():
    head = pose_head()
    losses = head.loss(features(), samples())
    assert set(losses) == {'loss_landmark', 'square_distance', 'pixel_error'}
    losses['loss_landmark'].backward()
    assert all(p.grad is not None for p in head.pose_branch.parameters())


def test_the_pose_branch_is_the_papers():
    shapes = [tuple(p.shape) for p in pose_head().pose_branch.parameters() if p.dim() > 1]
    assert shapes == [
        (128, 64, 3, 3),
        (128, 128, 3, 3),
        (32, 128, 3, 3),
        (128, 32, 7, 7),
        (32, 128),
        (3, 32),
    ]


@pytest.mark.parametrize('flip_test', [False, True])
def test_euler_angles_on_demand(flip_test):
    head = pose_head().eval()
    feats = [features(), features()] if flip_test else features()
    test_cfg = dict(flip_test=flip_test, output_euler=True)
    with torch.no_grad():
        preds = head.predict(feats, samples(), test_cfg)
        expected = head.pose_branch(features()[0])
    assert [pred.euler.shape for pred in preds] == [(1, 3)] * 3
    np.testing.assert_allclose(np.concatenate([p.euler for p in preds]), expected, rtol=1e-5)
    with torch.no_grad():
        assert 'euler' not in head.predict(features(), samples())[0]


def test_points_come_in_input_pixels():
    head = PFLDHead(176, 5, input_size=(96, 160)).eval()
    with torch.no_grad():
        points = head(features())
        preds = head.predict(features(), samples())
    np.testing.assert_allclose(preds[0].keypoints, points[:1] * torch.tensor([96, 160]), rtol=1e-5)


def test_untrained_points_lie_around_the_centre():
    head = pose_head()
    head.init_weights()
    assert torch.equal(head.fc.bias, torch.full((10,), 0.5))
    assert not head.pose_branch.fc[0].bias.any()
    assert 0.005 < head.fc.weight.std() < 0.015


def test_deployment_drops_the_pose_branch():
    head = pose_head()
    head.switch_to_deploy(dict(output_euler=True))
    assert head.pose_branch is not None
    head.switch_to_deploy({})
    head.switch_to_deploy()
    assert head.pose_branch is None
    assert head(features()).shape == (3, 5, 2)


@pytest.mark.parametrize('make', [pose_head, lambda: PFLDHead(176, 5)], ids=['pose', 'plain'])
def test_deployment_leaves_the_points_alone(make):
    head = make()
    expected = head(features())
    head.switch_to_deploy()
    assert set(head.state_dict()) == {'fc.weight', 'fc.bias'}
    torch.testing.assert_close(head(features()), expected, rtol=0, atol=0)


@pytest.mark.parametrize(
    ('call', 'message'),
    [
        (lambda: PFLDHead(64, 5)(features()), r'in_channels=64.*set model.head.in_channels=176'),
        (
            lambda: PFLDHead(176, 97).loss(features(), samples(k=98)),
            'num_keypoints=97.*98 points a face; set model.head.num_keypoints=98',
        ),
        (lambda: PFLDHead(176, 5, loss=PFLD_LOSS), 'belong together.*pose_channels=None'),
        (lambda: PFLDHead(176, 5, pose_channels=64), 'belong together.*pose_channels=64'),
        (
            lambda: pose_head().loss(features(), samples(pose=False)),
            r"needs the labels \['euler', 'attributes'\].*GenerateFaceLabels\(euler=True\)",
        ),
        (
            lambda: PFLDHead(176, 5).predict(features(), samples(), dict(output_euler=True)),
            'output_euler=True, but this model has no pose branch',
        ),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_it_is_registered():
    assert MODELS.get('PFLDHead') is PFLDHead


def sigma_head(k=5):
    return PFLDHead(176, k, (32, 32), loss_sigma=dict(type='GaussianSigmaLoss'))


def test_sigma_stands_behind_the_points_and_leaves_them_alone():
    torch.manual_seed(0)
    head, plain = sigma_head(), PFLDHead(176, 5, (32, 32))
    head.init_weights()
    plain.load_state_dict(head.state_dict(), strict=False)
    feats = features()
    output = head(feats)
    assert output.shape == (3, 5, 4) and head.gives_sigma and not plain.gives_sigma
    torch.testing.assert_close(output[..., :2], plain(feats))
    assert ((output[..., 2:] > 0) & (output[..., 2:] < 0.1)).all()  # about 2 % of the crop


def test_sigmas_loss_trains_its_own_layer_alone():
    head, plain = sigma_head(), PFLDHead(176, 5, (32, 32))
    plain.load_state_dict(head.state_dict(), strict=False)
    gradients = []
    for model in (head, plain):
        feats = tuple(f.clone().requires_grad_() for f in features())
        losses = model.loss(feats, samples(pose=False))
        sum(value for name, value in losses.items() if 'loss' in name).backward()
        gradients.append((feats[-1].grad, model.fc.weight.grad))
    for with_sigma, without in zip(*gradients, strict=True):
        torch.testing.assert_close(with_sigma, without)
    assert head.sigma_branch.weight.grad.abs().max() > 0


def test_mmposes_codec_makes_scores_of_sigma():
    head = sigma_head().eval()
    with torch.no_grad():
        output = head(features())
        predictions = head.predict(features(), samples(pose=False))
    expected = 1 - output[..., 2:].mean(-1)
    for row, prediction in enumerate(predictions):
        np.testing.assert_allclose(prediction.keypoint_scores[0], expected[row], atol=1e-6)
        np.testing.assert_allclose(prediction.keypoints[0], 32 * output[row, :, :2], atol=1e-4)


def test_deployment_keeps_sigma():
    head = sigma_head()
    head.switch_to_deploy()
    assert head.loss_sigma is head.loss_module is None
    assert head(features()).shape == (3, 5, 4)
