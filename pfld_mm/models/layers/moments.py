"""First and second moments of the patches that a convolution sees.

A convolution is a matrix applied to patches: T = (C_in / groups) k_h k_w numbers for every output
pixel, in each of its G groups. The moments of those patches, taken once, give the mean and the
variance of the output of *any* kernel of that geometry (see :mod:`pfld_mm.models.layers.collapse`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.autograd import Function
from torch.nn import functional as F

from pfld_mm.models.layers.depthwise_moments import DepthwiseMoments
from pfld_mm.models.layers.pointwise_moments import PointwiseMoments


class Moments(NamedTuple):
    """Mean and biased covariance of M patches.

    Attributes:
        count: M, a float64 scalar.
        mean: (G, T) float64.
        covariance: (G, T, T) float64.
    """

    count: Tensor
    mean: Tensor
    covariance: Tensor


def patch_moments(x: Tensor, conv: nn.Conv2d) -> Moments:
    """Moments of the patches of ``x`` that ``conv`` sees, with gradients to ``x``.

    Args:
        x: Input (N, C_in, H, W), float32 or float64.
        conv: Gives kernel size, stride, padding and groups (1 or C_in); its weight is not used.

    Returns:
        Moments of the N H_out W_out patches; G = ``conv.groups``.
    """
    count = patch_count(x, conv)
    if conv.groups > 1:
        mean, covariance = DepthwiseMoments.apply(x, conv.stride[0])
    else:
        if conv.kernel_size != (1, 1) or conv.stride != (1, 1):
            columns = F.unfold(x, conv.kernel_size, padding=conv.padding, stride=conv.stride)
            x = columns.unsqueeze(-1)
        mean, covariance = PointwiseMoments.apply(x)
    return Moments(_scalar(count, mean), mean, covariance)


def channel_moments(y: Tensor) -> Moments:
    """Moments of every channel of ``y`` (N, C, H, W) alone: G = C, T = 1."""
    variance, mean = torch.var_mean(y, (0, 2, 3), correction=0)
    count = _scalar(y.numel() // y.shape[1], variance)
    return Moments(count, mean.double().reshape(-1, 1), variance.double().reshape(-1, 1, 1))


def patch_count(x: Tensor, conv: nn.Conv2d) -> int:
    """M = N H_out W_out."""
    height, width = (
        (size + 2 * padding - kernel) // stride + 1
        for size, kernel, stride, padding in zip(
            x.shape[2:], conv.kernel_size, conv.stride, conv.padding, strict=True
        )
    )
    return x.shape[0] * height * width


def _scalar(value: int, like: Tensor) -> Tensor:
    return torch.full((), value, dtype=torch.float64, device=like.device)


def join_processes(moments: Moments, group: dist.ProcessGroup | None) -> Moments:
    """The moments of all processes' patches together, with gradients to all of them.

    ``S = sum_r M_r (S_r + d_r d_r^T) / M`` with ``d_r = mean_r - mean``: two all-reductions.
    """
    weighted = torch.cat([moments.count.reshape(1), (moments.count * moments.mean).flatten()])
    weighted = _AllReduce.apply(weighted, group)
    count = weighted[0]
    mean = (weighted[1:] / count).reshape(moments.mean.shape)
    offset = moments.mean - mean
    scatter = moments.count * (moments.covariance + offset.unsqueeze(2) * offset.unsqueeze(1))
    return Moments(count, mean, _AllReduce.apply(scatter, group) / count)


class _AllReduce(Function):
    """The sum over all processes. Its gradient is the sum of all processes' gradients."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, group: dist.ProcessGroup | None) -> Tensor:
        ctx.group = group
        x = x.clone()
        dist.all_reduce(x, group=group)
        return x

    @staticmethod
    def backward(ctx: Any, d_x: Tensor) -> tuple[Tensor, None]:
        return _AllReduce.apply(d_x, ctx.group), None
