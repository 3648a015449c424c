import pytest
import torch
from torch.distributions import Normal

from pfld_mm.models.losses.gaussian_sigma_loss import GaussianSigmaLoss


def test_is_the_likelihood_of_a_normal_up_to_a_constant():
    torch.manual_seed(0)
    sigma, error = torch.rand(3, 5, 2) + 0.1, torch.randn(3, 5, 2)
    expected = -Normal(0, sigma).log_prob(error).mean() - 0.5 * torch.log(
        torch.tensor(2 * torch.pi)
    )
    found = GaussianSigmaLoss()(sigma, error, torch.ones(3, 5, 1))
    torch.testing.assert_close(found, expected)


def test_the_root_mean_square_of_the_errors_is_best():
    error = torch.tensor([0.01, 0.03, 0.05]).reshape(3, 1, 1).expand(3, 1, 2)
    best = error.square().mean().sqrt()
    loss = GaussianSigmaLoss()
    values = [loss((best * f).expand_as(error), error, torch.ones(3, 1, 1)) for f in (0.9, 1, 1.1)]
    assert values[1] < values[0] and values[1] < values[2]


def test_points_of_weight_0_do_not_count():
    sigma, error = torch.full((1, 2, 2), 0.1), torch.zeros(1, 2, 2)
    error[0, 1] = 100
    weight = torch.tensor([1.0, 0.0]).reshape(1, 2, 1)
    alone = GaussianSigmaLoss()(sigma[:, :1], error[:, :1], torch.ones(1, 1, 1))
    torch.testing.assert_close(GaussianSigmaLoss()(sigma, error, weight), alone)


def test_a_vanishing_sigma_stays_finite():
    loss = GaussianSigmaLoss(min_sigma=1e-3)
    value = loss(torch.zeros(1, 1, 2), torch.full((1, 1, 2), 0.01), torch.ones(1, 1, 1))
    assert value == pytest.approx(float(torch.tensor(1e-3).log()) + 50, rel=1e-4)
