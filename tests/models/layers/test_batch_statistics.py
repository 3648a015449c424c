import pytest
import torch
from torch import nn

from pfld_mm.models.layers import batch_statistics as module
from pfld_mm.models.layers.batch_statistics import batch_statistics


@pytest.mark.parametrize(
    ('options', 'branches', 'is_wide'),
    [
        (dict(in_channels=504, out_channels=72, kernel_size=1), 6, False),
        (dict(in_channels=216, out_channels=8, kernel_size=1), 6, True),
        (dict(in_channels=3, out_channels=64, kernel_size=3, stride=2, padding=1), 7, False),
        (dict(in_channels=16, out_channels=32, kernel_size=3, padding=1), 7, False),
        (dict(in_channels=64, out_channels=16, kernel_size=3, padding=1), 7, True),
        (dict(in_channels=8, out_channels=8, kernel_size=3, padding=1, groups=8), 8, False),
        (dict(in_channels=8, out_channels=8, kernel_size=5, padding=2, groups=8), 8, True),
        (dict(in_channels=8, out_channels=8, kernel_size=3, padding=1, groups=2), 8, True),
    ],
    ids=str,
)
def test_the_cheaper_way_gives_the_statistics_of_the_outputs(
    options, branches, is_wide, monkeypatch
):
    used = []
    for name in ('patch_moments', 'channel_moments'):
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, f=original, n=name: used.append(n) or f(*a))
    torch.manual_seed(0)
    conv = nn.Conv2d(**options, bias=False).double()
    kernels = torch.randn(branches, *conv.weight.shape, dtype=torch.float64)
    x = torch.randn(2, conv.in_channels, 6, 7, dtype=torch.float64)
    count, means, variances = batch_statistics(x, conv, kernels, None)
    assert used == ['channel_moments' if is_wide else 'patch_moments']
    for kernel, mean, variance in zip(kernels, means, variances, strict=True):
        out = nn.functional.conv2d(x, kernel, None, conv.stride, conv.padding, 1, conv.groups)
        assert count == out[:, 0].numel()
        torch.testing.assert_close(mean, out.mean((0, 2, 3)), rtol=0, atol=1e-11)
        torch.testing.assert_close(variance, out.var((0, 2, 3), correction=0), rtol=1e-11, atol=0)


@pytest.mark.parametrize('groups', [1, 2])
def test_gradient(groups):
    torch.manual_seed(0)
    rows = torch.randn(groups, 3, 4, dtype=torch.float64, requires_grad=True)
    mu = torch.randn(groups, 4, dtype=torch.float64, requires_grad=True)
    root = torch.randn(groups, 4, 4, dtype=torch.float64, requires_grad=True)

    def statistics(rows, mu, root):
        return module._OutputStatistics.apply(rows, mu, root @ root.transpose(1, 2))

    assert torch.autograd.gradcheck(statistics, (rows, mu, root))
