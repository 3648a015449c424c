import pytest
import torch

from pfld_mm.models.losses.masked_smooth_l1_loss import MaskedSmoothL1Loss


def test_closed_form():
    pred = torch.zeros(1, 2, 1, 3)
    target = torch.tensor([[[[0.5, 2.0, 9.0]], [[0.0, 1.0, 9.0]]]])
    weight = torch.tensor([[[[1.0, 0.5, 0.0]]]])
    expected = (0.125 + 0.5 * (1.5 + 0.5)) / 1.5
    assert MaskedSmoothL1Loss()(pred, target, weight).item() == pytest.approx(expected)
    beta = (0.5 - 0.05 + 0.5 * (1.95 + 0.95)) / 1.5
    assert MaskedSmoothL1Loss(beta=0.1, loss_weight=3)(pred, target, weight).item() == (
        pytest.approx(3 * beta)
    )


def test_equals_the_seeds_formula():
    torch.manual_seed(0)
    pred, target = torch.rand(2, 2, 2, 4, 5)
    positive, weight = torch.rand(2, 1, 4, 5) > 0.6, torch.rand(2, 1, 4, 5)
    diff = (pred - target).abs()
    cells = torch.where(diff < 1, 0.5 * diff**2, diff - 0.5)
    mask = positive * weight
    expected = (cells * mask).sum() / (mask.sum() + 1e-7)
    torch.testing.assert_close(MaskedSmoothL1Loss()(pred, target, mask), expected)


def test_empty_mask_gives_zero_and_a_gradient():
    pred = torch.rand(2, 2, 4, 4, requires_grad=True)
    value = MaskedSmoothL1Loss()(pred, torch.rand(2, 2, 4, 4), torch.zeros(2, 1, 4, 4))
    value.backward()
    assert value.item() == 0
    assert torch.equal(pred.grad, torch.zeros_like(pred))


def test_gradcheck():
    torch.manual_seed(0)
    pred, target = torch.rand(2, 1, 2, 3, 3, dtype=torch.float64)
    weight = torch.rand(1, 1, 3, 3, dtype=torch.float64)
    loss = MaskedSmoothL1Loss(beta=0.3)
    assert torch.autograd.gradcheck(lambda p: loss(p, target, weight), pred.requires_grad_())


def test_beta_must_be_positive():
    with pytest.raises(ValueError, match='beta'):
        MaskedSmoothL1Loss(beta=0)
