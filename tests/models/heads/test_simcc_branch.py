import math

import pytest
import torch

from pfld_mm.models.heads.simcc_branch import SimCCBranch


def branch(**options):
    torch.manual_seed(0)
    return SimCCBranch(3, stride=8, num_keypoints=4, input_size=(48, 32), **options)


def feature(n=2):
    return torch.rand(n, 3, 4, 6, generator=torch.Generator().manual_seed(1))


def gaussian(center, bins, sigma):
    weights = [math.exp(-0.5 * ((j + 0.5 - center) / sigma) ** 2) for j in range(bins)]
    return torch.tensor([weight / sum(weights) for weight in weights])


def test_one_score_for_every_column_and_row():
    columns, rows = branch()(feature())
    assert (columns.shape, rows.shape) == ((2, 4, 48), (2, 4, 32))


def test_the_loss_is_the_divergence_from_gaussians():
    simcc, x = branch(sigma=2.0, loss_weight=0.5), feature(1)
    target = torch.tensor([[[0.25, 0.5]] * 4])
    expected = 0
    for logits, bins, center in zip(simcc(x), (48, 32), (12.0, 16.0), strict=True):
        truth = gaussian(center, bins, 2.0)
        found = logits[0].softmax(-1)
        expected += (torch.xlogy(truth, truth) - truth * found.log()).sum()
    loss = simcc.loss(x, target, torch.ones(1, 4, 1))['loss_simcc']
    torch.testing.assert_close(loss, 0.5 * expected)


def test_the_true_distributions_have_no_loss():
    simcc = branch()
    target = torch.tensor([[[0.25, 0.5]] * 4])
    for layer, bins, center in ((simcc.columns, 48, 12.0), (simcc.rows, 32, 16.0)):
        torch.nn.init.zeros_(layer.weight)
        layer.bias.data = gaussian(center, bins, 1.5).log().clamp(min=-200)
    loss = simcc.loss(feature(1), target, torch.ones(1, 4, 1))['loss_simcc']
    assert loss.item() == pytest.approx(0, abs=1e-5)


def test_points_without_weight_and_coordinates_outside_do_not_count():
    simcc, x = branch(), feature(1)
    target, weight = torch.full((1, 4, 2), 0.5), torch.ones(1, 4, 1)
    weight[:, 1:] = 0
    one = simcc.loss(x, target, weight)['loss_simcc']
    target[:, 1:] = 0.1
    torch.testing.assert_close(simcc.loss(x, target, weight)['loss_simcc'], one)
    weight[:, 1:] = 1
    target[:, 1:] = torch.tensor([-0.01, 1.0])
    torch.testing.assert_close(simcc.loss(x, target, weight)['loss_simcc'], one)


def test_far_outside_there_is_no_nan():
    simcc = branch(sigma=0.1)
    simcc.loss(feature(1), torch.full((1, 4, 2), 30.0), torch.ones(1, 4, 1))[
        'loss_simcc'
    ].backward()
    assert all(p.grad.isfinite().all() for p in simcc.parameters())


def test_a_few_steps_find_the_place():
    """Four points at four places, from the map alone."""
    simcc, x = branch(), torch.zeros(4, 3, 4, 6)
    places = torch.tensor([[1, 1], [4, 1], [1, 3], [4, 2]])
    for i, (u, v) in enumerate(places):
        x[i, :, v, u] = 1
    target = ((places + 0.5) / torch.tensor([6, 4]))[:, None].expand(4, 4, 2)
    optimizer = torch.optim.Adam(simcc.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        simcc.loss(x, target, torch.ones(4, 4, 1))['loss_simcc'].backward()
        optimizer.step()
    columns, rows = simcc(x)
    found = torch.stack([columns.argmax(-1), rows.argmax(-1)], -1) + 0.5
    assert (found - target * torch.tensor([48, 32])).abs().max() <= 1


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r'expected a map of \(3, 4, 6\).*found \(5, 4, 6\)'):
        branch()(torch.zeros(1, 5, 4, 6))
    with pytest.raises(ValueError, match='sigma must be positive, got 0'):
        branch(sigma=0)
