import math

import pytest
import torch
from torch.distributions import Laplace

from pfld_mm.models.losses.laplace_landmark_loss import LaplaceLandmarkLoss


def batch(n=4, k=6):
    generator = torch.Generator().manual_seed(0)

    def rand(*shape):
        return torch.rand(*shape, generator=generator, dtype=torch.float64)

    return rand(n, k, 2), 4 * rand(n, k, 2) - 2, rand(n, k, 2), rand(n, k, 1)


def test_it_is_torchs_laplace_likelihood_in_pixels():
    output, sigma, target, weight = batch()
    size = torch.tensor([96.0, 112.0], dtype=torch.float64)
    density = Laplace(output * size, 0.1 + sigma.exp()).log_prob(target * size)
    loss = LaplaceLandmarkLoss((96, 112))
    torch.testing.assert_close(loss(output, sigma, target), -density.sum((1, 2)).mean())
    expected = -(weight * density).sum((1, 2)).mean()
    torch.testing.assert_close(loss(output, sigma, target, weight), expected)


def test_the_best_scale_is_the_mean_distance():
    """d/ds (s + x / e^s) = 0 at e^s = x."""
    x = 3.0
    output, target = torch.zeros(1, 1, 2), torch.full((1, 1, 2), x / 100)
    sigma = torch.full((1, 1, 2), math.log(x), requires_grad=True)
    LaplaceLandmarkLoss((100, 100), min_scale=0)(output, sigma, target).backward()
    torch.testing.assert_close(sigma.grad, torch.zeros(1, 1, 2), atol=1e-5, rtol=0)


def test_an_uncertain_point_pulls_less():
    output, _, target, _ = batch()
    sigma = torch.zeros_like(output)
    sigma[:, 0] = math.log(10)
    output.requires_grad_()
    LaplaceLandmarkLoss((112, 112), min_scale=0)(output, sigma, target).backward()
    torch.testing.assert_close(output.grad.abs()[:, 0], output.grad.abs()[:, 1] / 10)


def test_the_scale_never_falls_below_the_floor():
    output, _, target, _ = batch()
    sigma = torch.full_like(output, -1e4)
    floor = LaplaceLandmarkLoss((112, 112), min_scale=0.5)
    distance = 112 * (output - target).abs()
    expected = (math.log(2 * 0.5) + distance / 0.5).sum((1, 2)).mean()
    torch.testing.assert_close(floor(output, sigma, target), expected)


def test_gradcheck():
    output, sigma, target, weight = batch(2, 3)
    loss = LaplaceLandmarkLoss((3, 2))
    arguments = output.requires_grad_(), sigma.requires_grad_()
    assert torch.autograd.gradcheck(lambda y, s: loss(y, s, target, weight), arguments)


def test_a_negative_floor_is_refused():
    with pytest.raises(ValueError, match=r'min_scale must not be negative, got -1'):
        LaplaceLandmarkLoss((112, 112), min_scale=-1)
