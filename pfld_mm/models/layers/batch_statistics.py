from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from pfld_mm.models.layers.moments import (
    Moments,
    channel_moments,
    join_processes,
    patch_count,
    patch_moments,
)


def batch_statistics(
    x: Tensor, conv: nn.Conv2d, kernels: Tensor, group: dist.ProcessGroup | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and variance of the outputs of several convolutions of ``x``, without the outputs.

    Args:
        x: Input (N, C_in, H, W).
        conv: Gives stride, padding and groups; its weight is not used.
        kernels: (B, C_out, C_in / groups, k, k).
        group: Processes whose inputs count as one batch.

    Returns:
        Values per channel (a scalar), mean and biased variance (B, C_out), all float64, with
        gradients to ``x`` and ``kernels``.

    Raises:
        ValueError: There is one value per channel only.
    """
    if group is None and patch_count(x, conv) == 1:
        raise ValueError(
            'BatchNorm needs more than one value per channel to train: found a batch of one '
            f'image and a 1 x 1 output of an input of {tuple(x.shape)}; use a larger batch'
        )
    branches, channels = kernels.shape[:2]
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    # Group by group, in each group branch by branch: (G, B C_out / G, T).
    taps = kernels[0, 0].numel()
    rows = kernels.reshape(branches, conv.groups, -1, taps).transpose(0, 1)
    rows = rows.reshape(conv.groups, -1, taps)
    if _has_cheap_moments(conv, taps, branches * channels):
        moments = _joined(patch_moments(x, conv), group)
        mean, variance = _OutputStatistics.apply(rows, moments.mean, moments.covariance)
    else:
        wide = rows.reshape(-1, *kernels.shape[2:]).to(x.dtype)
        outputs = F.conv2d(x, wide, None, conv.stride, conv.padding, 1, conv.groups)
        moments = _joined(channel_moments(outputs), group)
        mean, variance = moments.mean, moments.covariance
    shape = conv.groups, branches, -1
    mean, variance = (value.reshape(shape).transpose(0, 1).flatten(1) for value in (mean, variance))
    return moments.count, mean, variance


def _joined(moments: Moments, group: dist.ProcessGroup | None) -> Moments:
    return moments if group is None else join_processes(moments, group)


def _has_cheap_moments(conv: nn.Conv2d, taps: int, outputs: int) -> bool:
    """Whether the moments of the patches cost less than the outputs of all branches side by side.

    For a dense convolution these are, forward and backward, 2 T^2 against 3 B C_out T
    multiply-adds a patch. Depthwise moments are cheaper wherever they are implemented.
    """
    if conv.groups == 1:
        return 2 * taps <= 3 * outputs
    is_depthwise = conv.groups == conv.in_channels
    return is_depthwise and conv.kernel_size == (3, 3) and conv.stride[0] <= 2


class _OutputStatistics(Function):
    """Mean ``w mu`` and variance ``w S w^T`` of the output of every kernel w.

    From rows (G, R, T), mu (G, T) float64 and the symmetric S (G, T, T) float64: (G, R) float64.

    A depthwise S (G > 1) is nearly singular where images are smooth, so it is multiplied in
    float64. A dense one is large, and no more exact than the rows' precision.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, mu: Tensor, matrix: Tensor) -> tuple[Tensor, Tensor]:
        mean = (rows.double() @ mu.unsqueeze(2)).squeeze(2)
        ctx.dtype = rows.dtype
        precision = rows.dtype if len(rows) == 1 else torch.float64
        rows = rows.to(precision)
        products = rows @ matrix.to(precision)
        ctx.save_for_backward(rows, mu, products)
        return mean, (products * rows).sum(2).double()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_mean: Tensor, d_variance: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rows, mu, products = ctx.saved_tensors
        d_mean, d_variance = d_mean.to(rows.dtype), d_variance.to(rows.dtype).unsqueeze(2)
        d_matrix = rows.transpose(1, 2) @ (d_variance * rows)
        d_mu = (d_mean.unsqueeze(1) @ rows).squeeze(1)
        outer = d_mean.unsqueeze(2), mu.to(rows.dtype).unsqueeze(1)
        d_rows = (2 * d_variance * products).baddbmm_(*outer)
        return d_rows.to(ctx.dtype), d_mu.double(), d_matrix.double()
