from __future__ import annotations

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from pfld_mm.models.layers.moments import (
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
        kernels: (B, C_out, C_in / groups, k, k) float64.
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
            f'picture and a 1 x 1 output of an input of {tuple(x.shape)}; use a larger batch'
        )
    branches, channels = kernels.shape[:2]
    taps = kernels[0, 0].numel()
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    wide = kernels.transpose(0, 1).flatten(0, 1)
    has_moments = _has_cheap_moments(conv, taps, branches * channels)
    if has_moments:
        moments = patch_moments(x, conv)
    else:
        outputs = F.conv2d(x, wide.to(x.dtype), None, conv.stride, conv.padding, 1, conv.groups)
        moments = channel_moments(outputs)
    if group is not None:
        moments = join_processes(moments, group)
    mean, variance = moments.mean, moments.covariance
    if has_moments:
        rows = wide.reshape(conv.groups, -1, taps)
        mean = rows @ mean.unsqueeze(2)
        # Depthwise patches are smooth, their covariances nearly singular: float64 for these. The
        # large matrices of dense convolutions are as exact as their float32 entries in float32.
        precision = x.dtype if conv.groups == 1 else torch.float64
        variance = _QuadraticForms.apply(rows, variance, precision)
    shape = channels, branches
    return moments.count, mean.reshape(shape).T, variance.reshape(shape).T


def _has_cheap_moments(conv: nn.Conv2d, taps: int, outputs: int) -> bool:
    """Whether the moments of the patches cost less than the outputs of all branches side by side.

    For a dense convolution these are, forward and backward, 2 T^2 against 3 B C_out T
    multiply-adds a patch. Depthwise moments are cheaper wherever they are implemented.
    """
    if conv.groups == 1:
        return 2 * taps <= 3 * outputs
    is_depthwise = conv.groups == conv.in_channels
    return is_depthwise and conv.kernel_size == (3, 3) and conv.stride[0] <= 2


class _QuadraticForms(Function):
    """``w S w^T`` for every row w: (G, R, T) and symmetric (G, T, T) -> (G, R), all float64.

    The products ``w S`` are computed in ``precision``.
    """

    @staticmethod
    def forward(ctx, rows: Tensor, matrix: Tensor, precision: torch.dtype) -> Tensor:
        rows_low = rows.to(precision)
        products = rows_low @ matrix.to(precision)
        ctx.save_for_backward(rows_low, products)
        return (products * rows).sum(2)

    @staticmethod
    @once_differentiable
    def backward(ctx, d_form: Tensor) -> tuple[Tensor, Tensor, None]:
        rows, products = ctx.saved_tensors
        weights = d_form.to(rows.dtype).unsqueeze(2)
        d_matrix = rows.transpose(1, 2) @ (weights * rows)
        return 2 * d_form.unsqueeze(2) * products, d_matrix.double(), None
