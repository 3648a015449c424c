import math

import pytest
import torch

from pfld_mm.models.losses.center_focal_loss import CenterFocalLoss


def literal(pred, target, alpha=1.5, beta=4, t_pos=0.9):
    """The formula as seed 004 writes it."""
    positive = target >= t_pos
    pos = -torch.log(pred + 1e-7) * (1 - pred) ** alpha * positive
    neg = -torch.log(1 - pred + 1e-7) * pred**alpha * (1 - target) ** beta * ~positive
    return pos + neg


def test_equals_the_seeds_formula():
    torch.manual_seed(0)
    pred, target, weight = torch.rand(3, 2, 1, 8, 16)
    target[0, 0, 3, 4] = 1
    expected = (literal(pred, target) * weight).sum() / (weight.sum() + 1e-7)
    torch.testing.assert_close(CenterFocalLoss()(pred, target, weight), expected)


def test_closed_form_of_one_cell():
    loss = CenterFocalLoss(alpha=2, beta=3, loss_weight=2)
    pred, target = torch.full((1, 1, 1, 1), 0.25), torch.ones(1, 1, 1, 1)
    assert loss(pred, target).item() == pytest.approx(2 * 0.75**2 * math.log(4), rel=1e-5)
    expected = 2 * 0.25**2 * 0.4**3 * -math.log(0.75)
    assert loss(pred, 0.6 * target).item() == pytest.approx(expected, rel=1e-5)


def test_normaliser_counts_positives():
    pred, target = torch.rand(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    target[..., 1, 1] = target[..., 2, 2] = 1
    by_weight, by_positive = CenterFocalLoss(), CenterFocalLoss(normalizer='positive')
    ratio = by_positive(pred, target) / by_weight(pred, target)
    assert ratio.item() == pytest.approx(16 / 2, rel=1e-5)


def test_smoothing_weakens_the_background_and_moves_no_threshold():
    pred, target = torch.full((1, 1, 1, 2), 0.3), torch.tensor([[[[0.0, 0.91]]]])
    plain, smoothed = CenterFocalLoss(), CenterFocalLoss(smoothing=0.05)
    a, b = plain.per_cell(pred, target).flatten(), smoothed.per_cell(pred, target).flatten()
    assert b[0].item() == pytest.approx(a[0].item() * (1 - 0.025) ** 4, rel=1e-5)
    # 0.95 * 0.91 + 0.025 = 0.89 is below the threshold; 0.91 stays positive
    assert b[1] == a[1]


@pytest.mark.parametrize('normalizer', ['weight', 'positive'])
def test_padding_counts_for_nothing(normalizer):
    loss = CenterFocalLoss(normalizer=normalizer)
    pred = torch.rand(2, 1, 4, 4, requires_grad=True)
    target, weight = torch.rand(2, 1, 4, 4), torch.zeros(2, 1, 4, 4)
    value = loss(pred, target, weight)
    value.backward()
    assert value.item() == 0
    assert pred.grad.abs().sum() == 0
    weight[0] = 1
    expected = loss(pred[:1], target[:1], weight[:1])
    torch.testing.assert_close(loss(pred, target, weight), expected)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32])
def test_saturated_scores_stay_finite(dtype):
    pred = torch.tensor([[[[0.0, 1.0, 0.0, 1.0]]]], dtype=dtype, requires_grad=True)
    target = torch.tensor([[[[0.0, 0.0, 1.0, 1.0]]]])
    value = CenterFocalLoss()(pred, target)
    value.backward()
    assert value.dtype == torch.float32
    assert value.isfinite()
    if dtype != torch.float16:  # 1 / 1e-7 is beyond half precision's range
        assert pred.grad.isfinite().all()


def test_gradcheck():
    torch.manual_seed(0)
    pred = (torch.rand(2, 1, 3, 3, dtype=torch.float64) * 0.8 + 0.1).requires_grad_()
    target, weight = torch.rand(2, 2, 1, 3, 3, dtype=torch.float64)
    target[0, 0, 1, 1] = 1
    loss = CenterFocalLoss(smoothing=0.05)
    assert torch.autograd.gradcheck(lambda p: loss(p, target, weight), pred)


def test_unknown_normaliser_is_refused():
    with pytest.raises(ValueError, match="found 'sum'"):
        CenterFocalLoss(normalizer='sum')
