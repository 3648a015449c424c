import pytest
import torch
from torch import distributed as dist
from torch import nn
from torch.nn import functional as F

from pfld_mm.models.layers.moments import (
    Moments,
    channel_moments,
    join_processes,
    patch_count,
    patch_moments,
)

CONVS = {
    'pointwise': dict(in_channels=4, out_channels=2, kernel_size=1),
    'pointwise stride 2': dict(in_channels=4, out_channels=2, kernel_size=1, stride=2),
    'dense': dict(in_channels=3, out_channels=2, kernel_size=3, padding=1),
    'dense stride 2': dict(in_channels=3, out_channels=2, kernel_size=3, stride=2, padding=1),
    'not padded': dict(in_channels=3, out_channels=2, kernel_size=(2, 3)),
    'depthwise': dict(in_channels=4, out_channels=4, kernel_size=3, padding=1, groups=4),
    'depthwise stride 2': dict(
        in_channels=4, out_channels=4, kernel_size=3, stride=2, padding=1, groups=4
    ),
}


def by_unfolding(x, conv):
    """(G, T, M): every patch."""
    columns = F.unfold(x, conv.kernel_size, padding=conv.padding, stride=conv.stride)
    return columns.unflatten(1, (conv.groups, -1)).permute(1, 2, 0, 3).flatten(2)


@pytest.mark.parametrize('options', CONVS.values(), ids=CONVS)
def test_moments_are_those_of_the_unfolded_patches(options):
    torch.manual_seed(0)
    conv = nn.Conv2d(**options)
    x = torch.randn(2, conv.in_channels, 6, 7, dtype=torch.float64) + 2
    patches = by_unfolding(x, conv)
    centered = patches - patches.mean(2, keepdim=True)
    found = patch_moments(x, conv)
    assert found.count == patches.shape[2] == patch_count(x, conv)
    torch.testing.assert_close(found.mean, patches.mean(2), rtol=0, atol=1e-12)
    covariance = centered @ centered.transpose(1, 2) / patches.shape[2]
    torch.testing.assert_close(found.covariance, covariance, rtol=0, atol=1e-12)


def test_moments_of_channels():
    y = torch.tensor([1.0, 3, 5, 7]).reshape(2, 1, 1, 2)
    found = channel_moments(y)
    assert (found.count, found.mean.item(), found.covariance.item()) == (4, 4, 5)
    assert {value.dtype for value in found} == {torch.float64}


def parts(x):
    """The moments of two parts of the columns of ``x`` (T, M), of different size."""
    for part in x.split([3, x.shape[1] - 3], 1):
        centered = part - part.mean(1, keepdim=True)
        covariance = centered @ centered.T / part.shape[1]
        yield Moments(
            torch.tensor(float(part.shape[1])).double(), part.mean(1)[None], covariance[None]
        )


def test_joined_moments_are_those_of_all_patches(one_process, monkeypatch):
    """The all-reduction is played by hand: this process gets what the other one would add."""
    torch.manual_seed(0)
    x = torch.randn(4, 10, dtype=torch.float64) * 3 + 5
    mine, other = parts(x)
    total = torch.cat([(m.count * torch.cat([torch.ones(1, 1), m.mean], 1)) for m in (mine, other)])
    mean = x.mean(1)[None]
    offset = other.mean - mean
    scatter = other.count * (other.covariance + offset.unsqueeze(2) * offset.unsqueeze(1))
    more = iter([total[1], scatter])
    monkeypatch.setattr(dist, 'all_reduce', lambda value, group: value.add_(next(more)))
    found = join_processes(mine, one_process)
    assert found.count == 10
    torch.testing.assert_close(found.mean, mean)
    torch.testing.assert_close(found.covariance[0], torch.cov(x, correction=0))


def test_one_process_alone_joins_nothing(one_process):
    x = torch.randn(4, 10, dtype=torch.float64)
    mine = next(parts(x))
    for found, expected in zip(join_processes(mine, one_process), mine, strict=True):
        torch.testing.assert_close(found, expected)
