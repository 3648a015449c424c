import math

import pytest
import torch

from pfld_mm.models.losses.center_softmax_loss import CenterSoftmaxLoss


def test_closed_form_of_one_centre():
    logits, target = torch.zeros(1, 1, 2, 4), torch.zeros(1, 1, 2, 4)
    target[..., 1, 2] = 1
    assert CenterSoftmaxLoss()(logits, target).item() == pytest.approx(math.log(8))
    logits[..., 1, 2] = 50
    assert CenterSoftmaxLoss()(logits, target).item() == pytest.approx(0, abs=1e-5)


def test_it_is_least_where_the_probabilities_are_the_sharpened_target():
    torch.manual_seed(0)
    target = torch.rand(3, 1, 4, 8)
    best = 3.0 * target.log()
    loss = CenterSoftmaxLoss(sharpness=3.0, loss_weight=2.0)
    assert loss(best, target).item() == pytest.approx(0, abs=1e-5)
    assert loss(best + 0.1 * torch.randn_like(best), target).item() > 1e-4
    torch.testing.assert_close(loss(best + 7, target), loss(best, target))


def test_padding_and_unlabelled_samples_do_not_count():
    torch.manual_seed(0)
    logits, target = torch.randn(2, 1, 4, 8), torch.rand(2, 1, 4, 8)
    logits.requires_grad_(True)
    weight = torch.ones(2, 1, 4, 8)
    weight[0, ..., 6:] = 0
    weight[1] = 0
    value = CenterSoftmaxLoss()(logits, target, weight)
    alone = CenterSoftmaxLoss()(logits[:1, ..., :6], target[:1, ..., :6])
    torch.testing.assert_close(value, alone)
    value.backward()
    assert logits.grad[0, ..., 6:].abs().max() == 0 and logits.grad[1].abs().max() == 0
    nothing = CenterSoftmaxLoss()(logits, target, torch.zeros(2, 1, 1, 1))
    assert nothing.item() == 0
    nothing.backward()


def test_gradient():
    torch.manual_seed(0)
    logits = torch.randn(2, 1, 3, 4, dtype=torch.float64, requires_grad=True)
    target = torch.rand(2, 1, 3, 4, dtype=torch.float64)
    weight = (torch.rand(2, 1, 3, 4) > 0.3).double()
    assert torch.autograd.gradcheck(lambda z: CenterSoftmaxLoss()(z, target, weight), logits)


def test_a_sharpness_of_nothing_is_named():
    with pytest.raises(ValueError, match='sharpness must be positive, found 0'):
        CenterSoftmaxLoss(sharpness=0)
