import math

import pytest
import torch

from pfld_mm.models.losses.pfld_loss import PFLDLoss


def seed_loss(attribute_gt, landmark_gt, euler_angle_gt, angle, landmarks, train_batchsize):
    """Seed 000, PFLDLoss.forward."""
    weight_angle = torch.sum(1 - torch.cos(angle - euler_angle_gt), axis=1)
    attributes_w_n = attribute_gt[:, 1:6].float()
    mat_ratio = torch.mean(attributes_w_n, axis=0)
    mat_ratio = torch.Tensor([1.0 / (x) if x > 0 else train_batchsize for x in mat_ratio])
    weight_attribute = torch.sum(attributes_w_n.mul(mat_ratio), axis=1)
    l2_distant = torch.sum((landmark_gt - landmarks) * (landmark_gt - landmarks), axis=1)
    return torch.mean(weight_angle * weight_attribute * l2_distant), torch.mean(l2_distant)


def batch(n=32, k=98, dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)

    def rand(*shape):
        return torch.rand(*shape, generator=generator, dtype=dtype)

    attributes = (rand(n, 6) < 0.3).to(dtype)
    attributes[:, 5] = 0  # an attribute that nobody has
    return dict(
        output=rand(n, k, 2),
        target=rand(n, k, 2),
        target_weight=None,
        euler=rand(n, 3),
        euler_target=rand(n, 3),
        attributes=attributes,
    )


def test_floor_zero_and_columns_one_to_five_are_the_seed_bit_for_bit():
    data = batch()
    loss, distance = PFLDLoss(floor=0, attribute_columns=(1, 2, 3, 4, 5))(**data)
    expected = seed_loss(
        data['attributes'],
        data['target'].flatten(1),
        data['euler_target'],
        data['euler'],
        data['output'].flatten(1),
        32,
    )
    assert loss.item() == expected[0].item()
    assert distance.item() == expected[1].item()


def test_the_seed_never_learns_a_face_without_attributes_and_ours_does():
    """DESIGN, defect 2."""
    data = batch()
    data['attributes'][0] = 0
    data['output'].requires_grad_()
    for floor, learns in ((0, False), (1, True)):
        (gradient,) = torch.autograd.grad(PFLDLoss(floor=floor)(**data)[0], data['output'])
        assert bool(gradient[0].abs().max() > 0) is learns


def test_the_pose_column_counts_by_default():
    data = batch()
    data['attributes'].zero_()
    data['attributes'][0, 0] = 1
    seeds_columns = PFLDLoss(attribute_columns=(1, 2, 3, 4, 5))
    assert PFLDLoss()(**data)[0] > seeds_columns(**data)[0]


def test_closed_form():
    data = dict(
        output=torch.tensor([[[0.0, 0.0]], [[0.0, 0.0]]]),
        target=torch.tensor([[[3.0, 4.0]], [[0.0, 1.0]]]),
        target_weight=None,
        euler=torch.tensor([[math.pi / 2, 0, 0], [0.0, 0, 0]]),
        euler_target=torch.zeros(2, 3),
        attributes=torch.tensor([[1.0, 0, 0, 0, 0, 0], [0.0] * 6]),
    )
    loss, distance = PFLDLoss()(**data)
    # Face 1: (1 + 1/0.5) * (1 + 1) * 25; face 2: 1 * 1 * 1.
    assert loss.item() == pytest.approx((3 * 2 * 25 + 1) / 2)
    assert distance.item() == pytest.approx(13)
    assert not distance.requires_grad


def test_gradcheck():
    data = batch(n=3, k=2, dtype=torch.float64)
    loss = PFLDLoss()

    def function(output, euler):
        return loss(**{**data, 'output': output, 'euler': euler})[0]

    inputs = (data['output'].requires_grad_(), data['euler'].requires_grad_())
    assert torch.autograd.gradcheck(function, inputs)


def test_angles_are_radians():
    """DESIGN, defect 1: a quarter turn weighs 1; 90 read as radians would weigh 1.448."""
    data = batch(n=1, k=1)
    data.update(euler=torch.tensor([[math.radians(90), 0, 0]]), euler_target=torch.zeros(1, 3))
    data['attributes'].zero_()
    loss, distance = PFLDLoss()(**data)
    assert loss.item() == pytest.approx(2 * distance.item())
