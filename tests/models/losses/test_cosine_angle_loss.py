import math

import pytest
import torch
import torch.nn.functional as F

from pfld_mm.models.losses.cosine_angle_loss import CosineAngleLoss


def field(angle, shape=(1, 2, 3, 4), dtype=torch.float32):
    pair = torch.tensor([math.sin(angle), math.cos(angle)], dtype=dtype)
    return pair.view(1, 2, 1, 1).expand(shape).clone()


@pytest.mark.parametrize('error', [0.0, 0.3, math.pi / 2, math.pi, -2.0])
def test_is_one_minus_the_cosine(error):
    target = torch.tensor([[math.sin(0.7), math.cos(0.7)]])
    value = CosineAngleLoss(loss_weight=2)(field(0.7 + error), target, torch.ones(1, 1, 3, 4))
    assert value.item() == pytest.approx(2 * (1 - math.cos(error)), abs=1e-6)


def test_only_the_mask_counts():
    pred, weight = field(0.0), torch.zeros(1, 1, 3, 4)
    pred[..., 1, 2] = field(1.0)[..., 0, 0]
    weight[..., 1, 2] = 0.25
    value = CosineAngleLoss()(pred, torch.tensor([[0.0, 1.0]]), weight)
    assert value.item() == pytest.approx(1 - math.cos(1.0), rel=1e-5)


def test_empty_mask_gives_zero_and_a_gradient():
    pred = field(0.2).requires_grad_()
    value = CosineAngleLoss()(pred, torch.tensor([[1.0, 0.0]]), torch.zeros(1, 1, 3, 4))
    value.backward()
    assert value.item() == 0
    assert pred.grad.abs().sum() == 0


def test_gradcheck():
    torch.manual_seed(0)
    raw, weight = torch.randn(2, 2, 2, 2, dtype=torch.float64), torch.rand(2, 1, 2, 2).double()
    target = F.normalize(torch.randn(2, 2, dtype=torch.float64))
    loss = CosineAngleLoss()
    assert torch.autograd.gradcheck(
        lambda x: loss(F.normalize(x, dim=1), target, weight), raw.requires_grad_()
    )
