"""All branches of a re-parameterisable block in one convolution, in training as well, exactly.

A branch is a linear map y = W p of the patches p, then BatchNorm. Its batch statistics need no y:
they are ``mean = W mu`` and ``var = diag(W S W^T)`` of the patches' own moments mu and S, which all
branches share. With them every branch folds into its kernel as it does for deployment, and the block
is one convolution, in training as in deployment; outputs, gradients and running statistics
are those of the plain form up to rounding. Moments, statistics and fold are float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from pfld_mm.models.layers.moments import Moments, channel_moments, join_processes, patch_moments

BatchNorm = nn.BatchNorm2d | nn.SyncBatchNorm


class Branch(NamedTuple):
    """A bias-free convolution and the BatchNorm behind it.

    Attributes:
        kernel: (C_out, C_in / groups, k, k), padded to the size that all branches share.
        bn: Over the C_out channels.
    """

    kernel: Tensor
    bn: BatchNorm


def collapse_branches(
    x: Tensor, conv: nn.Conv2d, branches: Sequence[Branch]
) -> tuple[Tensor, Tensor]:
    """Fold BatchNorm of all branches on input ``x``; update running statistics as BatchNorm does.

    Args:
        x: The block's input (N, C_in, H, W).
        conv: Gives stride, padding and groups; its weight is not used.
        branches: B branches.

    Returns:
        Kernel (C_out, C_in / groups, k, k) and bias (C_out,), in the kernels' dtype, such that
        ``F.conv2d(x, kernel, bias, stride, padding, groups=groups)`` is the sum of all branches.
    """
    with torch.autocast(x.device.type, enabled=False):
        kernels = torch.stack([branch.kernel for branch in branches])
        bns = [branch.bn for branch in branches]
        mean, variance = _statistics(x, conv, kernels.double(), bns)
        return _fold(kernels, bns, mean, variance)


def _statistics(
    x: Tensor, conv: nn.Conv2d, kernels: Tensor, bns: Sequence[BatchNorm]
) -> tuple[Tensor, Tensor]:
    """Mean and biased variance (B, C_out) with which each BatchNorm normalises, float64."""
    live = [bn.training or bn.running_mean is None for bn in bns]
    means = [bn.running_mean for bn in bns]
    variances = [bn.running_var for bn in bns]
    if any(live):
        where = [index for index, is_live in enumerate(live) if is_live]
        group = _process_group([bns[index] for index in where])
        count, batch_mean, batch_variance = _batch_statistics(x, conv, kernels[where], group)
        for row, index in enumerate(where):
            means[index], variances[index] = batch_mean[row], batch_variance[row]
            _update_running(bns[index], count, batch_mean[row], batch_variance[row])
    return (
        torch.stack([mean.double() for mean in means]),
        torch.stack([variance.double() for variance in variances]),
    )


def _batch_statistics(
    x: Tensor, conv: nn.Conv2d, kernels: Tensor, group: dist.ProcessGroup | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Patch count (), mean and biased variance (B, C_out) of the outputs of all branches."""
    branches, channels = kernels.shape[:2]
    taps = kernels[0, 0].numel()
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    wide = kernels.transpose(0, 1).flatten(0, 1)
    if _has_cheap_moments(conv, taps, branches * channels):
        moments = patch_moments(x, conv)
        if group is not None:
            moments = join_processes(moments, group)
        rows = wide.reshape(conv.groups, -1, taps)
        mean = (rows @ moments.mean.unsqueeze(2)).flatten()
        variance = _QuadraticForms.apply(rows, moments.covariance).flatten()
    else:
        outputs = F.conv2d(x, wide.to(x.dtype), None, conv.stride, conv.padding, 1, conv.groups)
        moments = channel_moments(outputs)
        if group is not None:
            moments = join_processes(moments, group)
        mean, variance = moments.mean.flatten(), moments.covariance.flatten()
    shape = channels, branches
    return moments.count, mean.reshape(shape).T, variance.reshape(shape).T


def _has_cheap_moments(conv: nn.Conv2d, taps: int, outputs: int) -> bool:
    """Whether the moments of the patches cost less than the outputs of all branches side by side.

    For a dense convolution these are, forward and backward, 2 T^2 against 3 B C_out T
    multiply-adds a patch. For a depthwise one moments are cheaper wherever they are implemented.
    """
    if conv.groups == 1:
        return 2 * taps <= 3 * outputs
    return conv.groups == conv.in_channels and conv.kernel_size == (3, 3) and conv.stride[0] <= 2


def _update_running(bn: BatchNorm, count: Tensor, mean: Tensor, variance: Tensor) -> None:
    """Move the running statistics towards the batch's, variance unbiased, as F.batch_norm does."""
    if not (bn.training and bn.track_running_stats):
        return
    bn.num_batches_tracked.add_(1)
    step = bn.momentum if bn.momentum is not None else 1 / float(bn.num_batches_tracked)
    with torch.no_grad():
        bn.running_mean.lerp_(mean.to(bn.running_mean.dtype), step)
        bn.running_var.lerp_((variance * (count / (count - 1))).to(bn.running_var.dtype), step)


def _process_group(bns: Sequence[BatchNorm]) -> dist.ProcessGroup | None:
    """The processes whose batches count as one; None for this process alone."""
    synchronised = [isinstance(bn, nn.SyncBatchNorm) for bn in bns]
    if not any(synchronised) or not (dist.is_available() and dist.is_initialized()):
        return None
    if not all(synchronised):
        raise ValueError(
            'the branches of a block share their statistics: convert all of their BatchNorms to '
            f'SyncBatchNorm or none, found {sum(synchronised)} of {len(bns)} converted'
        )
    group = bns[0].process_group or dist.group.WORLD
    return group if dist.get_world_size(group) > 1 else None


class _QuadraticForms(Function):
    """``w S w^T`` for every row w: (G, R, T) and symmetric (G, T, T) -> (G, R)."""

    @staticmethod
    def forward(ctx, rows: Tensor, matrix: Tensor) -> Tensor:
        products = rows @ matrix
        ctx.save_for_backward(rows, products)
        return (products * rows).sum(2)

    @staticmethod
    @once_differentiable
    def backward(ctx, d_form: Tensor) -> tuple[Tensor, Tensor]:
        rows, products = ctx.saved_tensors
        d_form = d_form.unsqueeze(2)
        return 2 * d_form * products, rows.transpose(1, 2) @ (d_form * rows)


def _fold(
    kernels: Tensor, bns: Sequence[BatchNorm], mean: Tensor, variance: Tensor
) -> tuple[Tensor, Tensor]:
    """``sum_b gamma_b (W_b x - mean_b) / sqrt(var_b + eps_b) + beta_b`` as one kernel and bias."""
    eps = torch.stack([torch.full_like(variance[0], bn.eps) for bn in bns])
    scale = torch.rsqrt(variance + eps)
    if any(bn.affine for bn in bns):
        one = torch.ones_like(scale[0])
        scale = scale * torch.stack([bn.weight.double() if bn.affine else one for bn in bns])
    bias = -(scale * mean).sum(0)
    bias = bias + sum(bn.bias.double() for bn in bns if bn.affine)
    kernel = (scale.reshape(*scale.shape, 1, 1, 1) * kernels).sum(0)
    return kernel.to(kernels.dtype), bias.to(kernels.dtype)
