import pytest
import torch

from pfld_mm.models.losses.hard_negative_ranking_loss import (
    HardNegativeRankingLoss,
    read_bilinear,
)


def ramp(h=6, w=10):
    """A plane whose value at (u, v) in cells is 0.03 u + 0.05 v."""
    v, u = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing='ij')
    return (0.03 * u + 0.05 * v)[None, None]


def test_reading_is_exact_on_a_plane():
    points = torch.tensor([[[0.5, 0.5], [3.21, 2.5], [9.5, 5.5], [7.77, 4.01]]])
    expected = points @ torch.tensor([0.03, 0.05])
    torch.testing.assert_close(read_bilinear(ramp(), points), expected)


def test_reading_at_the_border_is_not_darker():
    corner = torch.tensor([[[0.0, 0.0], [10.0, 6.0]]])
    torch.testing.assert_close(read_bilinear(torch.ones(1, 1, 6, 10), corner), torch.ones(1, 2))


def test_closed_form():
    centers = torch.tensor([[5.0, 3.0]])  # scores 0.30
    decoys = torch.tensor([[[2.0, 2.0], [9.0, 5.0], [1.0, 1.0]]])  # 0.16, 0.52, 0.08
    expected = ((0.25 - 0.30 + 0.16) + (0.25 - 0.30 + 0.52) + (0.25 - 0.30 + 0.08)) / 3
    value = HardNegativeRankingLoss(margin=0.25)(ramp(), centers, decoys)
    assert value.item() == pytest.approx(expected, rel=1e-5)
    value = HardNegativeRankingLoss(margin=0.1, loss_weight=2)(ramp(), centers, decoys)
    assert value.item() == pytest.approx(2 * (0.1 - 0.3 + 0.52) / 3, rel=1e-5)


def test_decoys_of_weight_zero_are_dropped_and_samples_without_any():
    heatmap = ramp().repeat(3, 1, 1, 1)
    centers = torch.tensor([[5.0, 3.0]] * 3)
    decoys = torch.tensor([[[2.0, 2.0], [9.0, 5.0]]] * 3)
    weights = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    value = HardNegativeRankingLoss()(heatmap, centers, decoys, weights)
    assert value.item() == pytest.approx((0.11 + (0.11 + 0.47) / 2) / 2, rel=1e-5)


@pytest.mark.parametrize('decoys', [torch.zeros(2, 0, 2), torch.ones(2, 3, 2)])
def test_no_decoy_gives_zero_and_a_gradient(decoys):
    heatmap = torch.rand(2, 1, 6, 10, requires_grad=True)
    weights = torch.zeros(decoys.shape[:2])
    value = HardNegativeRankingLoss()(heatmap, torch.ones(2, 2), decoys, weights)
    value.backward()
    assert value.item() == 0
    assert heatmap.grad.abs().sum() == 0


def test_the_seeds_form_fails_on_an_empty_list():
    with pytest.raises(RuntimeError, match='non-empty'):
        torch.mean(torch.stack([]))


def test_gradcheck():
    torch.manual_seed(0)
    heatmap = torch.rand(2, 1, 4, 5, dtype=torch.float64, requires_grad=True)
    points = torch.rand(2, 4, 2, dtype=torch.float64) * 4
    loss = HardNegativeRankingLoss(margin=0.6)
    assert torch.autograd.gradcheck(lambda x: loss(x, points[:, 0], points[:, 1:]), heatmap)
