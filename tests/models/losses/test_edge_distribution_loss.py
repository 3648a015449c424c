import math

import pytest
import torch

from pfld_mm.models.losses.edge_distribution_loss import EdgeDistributionLoss


@pytest.mark.parametrize(
    ('place', 'weights'),
    [
        (5.0, {2: 1.0}),  # bins of 2 px are centerd at 1, 3, 5, ...
        (5.5, {2: 0.75, 3: 0.25}),
        (1.0, {0: 1.0}),
        (-7.0, {0: 1.0}),
        (99.0, {7: 1.0}),
    ],
)
def test_is_the_cross_entropy_with_the_two_bins_beside_the_place(place, weights):
    torch.manual_seed(0)
    logits = torch.randn(1, 8)
    expected = -sum(weight * logits[0].log_softmax(0)[bin_] for bin_, weight in weights.items())
    value = EdgeDistributionLoss(loss_weight=3)(
        logits, torch.tensor([place]), torch.ones(1), bin_size=2.0
    )
    assert value.item() == pytest.approx(3 * expected.item(), rel=1e-6)


def test_what_minimises_it_has_the_place_as_its_expectation():
    logits = torch.zeros(3, 8, requires_grad=True)
    target = torch.tensor([2.2, 7.9, 14.99])
    optimiser = torch.optim.Adam([logits], 0.3)
    for _ in range(300):
        optimiser.zero_grad()
        EdgeDistributionLoss()(logits, target, torch.ones(3), 2.0).backward()
        optimiser.step()
    places = 2 * torch.arange(8) + 1.0
    torch.testing.assert_close(logits.softmax(-1) @ places, target, atol=0.02, rtol=0)


def test_weights_choose():
    logits, target = torch.randn(2, 3, 8), 16 * torch.rand(2, 3)
    weight = torch.zeros(2, 3)
    weight[1, 2] = 0.5
    loss = EdgeDistributionLoss()
    alone = loss(logits[1, 2], target[1, 2], torch.tensor(1.0), 2.0)
    torch.testing.assert_close(loss(logits, target, weight, 2.0), alone)


def test_without_weight_it_is_zero_with_a_gradient():
    logits = torch.randn(2, 8, requires_grad=True)
    value = EdgeDistributionLoss()(logits, torch.rand(2), torch.zeros(2), 2.0)
    value.backward()
    assert value.item() == 0
    assert not logits.grad.any()


def test_uniform_distribution_has_the_logarithm_of_the_bins():
    value = EdgeDistributionLoss()(torch.zeros(4, 40), 80 * torch.rand(4), torch.ones(4), 2.0)
    assert value.item() == pytest.approx(math.log(40), rel=1e-5)


def test_gradcheck():
    torch.manual_seed(0)
    logits = torch.randn(3, 6, dtype=torch.float64, requires_grad=True)
    target, weight = 12 * torch.rand(3).double(), torch.rand(3).double()
    loss = EdgeDistributionLoss()
    assert torch.autograd.gradcheck(lambda x: loss(x, target, weight, 2.0), logits)
