"""Wing, smooth L1: closed forms, the seed's code and mmpose's as oracles, gradients."""

import math

import pytest
import torch
from mmpose.models.losses import WingLoss

from pfld_mm.models.losses.landmark_smooth_l1_loss import LandmarkSmoothL1Loss
from pfld_mm.models.losses.landmark_wing_loss import LandmarkWingLoss

LOSSES = [LandmarkWingLoss, LandmarkSmoothL1Loss]


def batch(scale=20.0, n=5, k=7):
    generator = torch.Generator().manual_seed(0)
    output = torch.randn(n, k, 2, dtype=torch.float64, generator=generator) * scale
    target = torch.randn(n, k, 2, dtype=torch.float64, generator=generator) * scale
    return output, target


def seed_wing(y_true, y_pred, w, epsilon):
    """Seed 002, wing_loss."""
    c = w * (1.0 - math.log(1.0 + w / epsilon))
    x = torch.abs(y_true - y_pred)
    losses = torch.where(w > x, w * torch.log(1.0 + x / epsilon), x - c)
    return torch.mean(torch.sum(losses, axis=[1, 2]), axis=0)


def seed_smooth_l1(y_true, y_pred, beta):
    """Seed 002, smoothL1, on flattened coordinates."""
    mae = torch.abs(y_true - y_pred).flatten(1)
    loss = torch.sum(torch.where(mae > beta, mae - 0.5 * beta, 0.5 * mae**2 / beta), axis=-1)
    return torch.mean(loss)


@pytest.mark.parametrize(('omega', 'epsilon'), [(10.0, 2.0), (4.0, 0.5)])
def test_wing_equals_the_seed(omega, epsilon):
    output, target = batch()
    loss = LandmarkWingLoss(omega, epsilon)(output, target)
    torch.testing.assert_close(loss, seed_wing(target, output, omega, epsilon), rtol=1e-14, atol=0)


def test_wing_equals_mmpose():
    output, target = batch()
    expected = WingLoss(omega=10.0, epsilon=2.0)(output, target)
    torch.testing.assert_close(LandmarkWingLoss()(output, target), expected, rtol=1e-14, atol=0)


def test_wing_closed_form_and_continuity():
    zero = torch.zeros(1, 1, 2, dtype=torch.float64)

    def at(x):
        return LandmarkWingLoss()(zero, torch.tensor([[[x, 0.0]]], dtype=torch.float64)).item()

    assert at(2.0) == pytest.approx(10 * math.log(2))
    assert at(30.0) == pytest.approx(30 - 10 * (1 - math.log(6)))
    assert at(10 - 1e-9) == pytest.approx(at(10 + 1e-9), abs=1e-8)


def test_wing_in_normalised_units_is_nearly_l1():
    """DESIGN, defect 3: in [0, 1] the knee at w = 10 is never reached."""
    output, target = batch(scale=0.005)
    l1 = (output - target).abs().sum((1, 2)).mean()
    assert LandmarkWingLoss()(output, target).item() == pytest.approx(5 * l1.item(), rel=0.01)


@pytest.mark.parametrize('loss', LOSSES)
def test_pixels_are_normalised_times_size(loss):
    output, target = batch(scale=0.3)
    size = torch.tensor([96.0, 112.0])
    pixels = loss(unit='pixel', input_size=(96, 112))(output, target)
    torch.testing.assert_close(pixels, loss()(output * size, target * size))
    assert pixels > loss()(output, target)


@pytest.mark.parametrize('beta', [0.1, 1.0, 15.0])
def test_smooth_l1_equals_the_seed(beta):
    output, target = batch()
    loss = LandmarkSmoothL1Loss(beta)(output, target)
    torch.testing.assert_close(loss, seed_smooth_l1(target, output, beta), rtol=1e-14, atol=0)


@pytest.mark.parametrize('loss', [loss() for loss in LOSSES])
def test_gradcheck(loss):
    output, target = batch(scale=8.0, n=2, k=3)
    assert torch.autograd.gradcheck(lambda x: loss(x, target), output.requires_grad_())


@pytest.mark.parametrize('loss', [loss() for loss in LOSSES])
def test_a_point_of_weight_zero_does_not_count(loss):
    output, target = batch()
    weight = torch.ones(5, 7, 1, dtype=torch.float64)
    torch.testing.assert_close(loss(output, target, weight), loss(output, target))
    weight[:, 3] = 0
    moved = target.clone()
    moved[:, 3] += 100
    torch.testing.assert_close(loss(output, target, weight), loss(output, moved, weight))
    assert loss(output, target, weight) < loss(output, target)


@pytest.mark.parametrize('loss', LOSSES)
@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(unit='percent'), "unit must be one of.*'percent'"),
        (dict(unit='pixel'), 'needs input_size'),
    ],
)
def test_bad_arguments_are_named(loss, arguments, message):
    with pytest.raises(ValueError, match=message):
        loss(**arguments)
