"""All branches of a re-parameterisable block in one convolution, in training as well, exactly.

A branch is a linear map y = W p of the patches p, then BatchNorm. Its batch statistics need no y:
they are ``mean = W mu`` and ``var = diag(W S W^T)`` with the mean mu and the covariance S of the
patches, which all branches share. With them every branch folds into its kernel just as it does for
deployment, and the block is one convolution in training, too. Outputs, gradients and running
statistics are those of the plain form up to rounding; moments, statistics and fold are float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from pfld_mm.models.layers.batch_statistics import batch_statistics
from pfld_mm.models.layers.running_statistics import (
    BatchNorm,
    column,
    process_group,
    update_running,
)


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
    """Fold all branches on input ``x``; update the running statistics as BatchNorm does.

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
        mean, variance = _statistics(x, conv, kernels, bns)
        return _fold(kernels, bns, mean, variance)


def _statistics(
    x: Tensor, conv: nn.Conv2d, kernels: Tensor, bns: Sequence[BatchNorm]
) -> tuple[Tensor, Tensor]:
    """Mean and biased variance (B, C_out) with which each BatchNorm normalises, float64."""
    live = [index for index, bn in enumerate(bns) if bn.training or bn.running_mean is None]
    means = [bn.running_mean for bn in bns]
    variances = [bn.running_var for bn in bns]
    if live:
        live_bns = [bns[index] for index in live]
        live_kernels = kernels if len(live) == len(bns) else kernels[live]
        count, mean, variance = batch_statistics(x, conv, live_kernels, process_group(live_bns))
        update_running(live_bns, count, mean.detach(), variance.detach())
        if len(live) == len(bns):
            return mean, variance
        for row, index in enumerate(live):
            means[index], variances[index] = mean[row], variance[row]
    return (
        torch.stack([mean.double() for mean in means]),
        torch.stack([variance.double() for variance in variances]),
    )


def _fold(
    kernels: Tensor, bns: Sequence[BatchNorm], mean: Tensor, variance: Tensor
) -> tuple[Tensor, Tensor]:
    """All branches as one kernel (C_out, C_in / groups, k, k) and bias (C_out,)."""
    eps = column(tuple(bn.eps for bn in bns), variance.device)
    # Without affine parameters a BatchNorm is one with gamma = 1 and beta = 0.
    weights = [bn.weight if bn.affine else torch.ones_like(kernels[0, :, 0, 0, 0]) for bn in bns]
    biases = [bn.bias if bn.affine else torch.zeros_like(weights[0]) for bn in bns]
    kernel, bias = _Fold.apply(
        kernels.flatten(2), torch.stack(weights), torch.stack(biases), mean, variance + eps
    )
    return kernel.reshape(kernels.shape[1:]), bias


class _Fold(Function):
    """``sum_b gamma_b (W_b x - mean_b) / sqrt(v_b) + beta_b`` as one kernel and one bias.

    From kernels W (B, C, T), gamma and beta (B, C), and mean and v = var + eps (B, C) float64:
    (C, T) and (C,) in the kernels' dtype. Written by hand, as autograd would keep and move a dozen
    small tensors for every block. Gradients of gradients are refused.
    """

    @staticmethod
    def forward(
        ctx: Any, kernels: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, v: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return kernel and bias."""
        inverse = v.rsqrt()
        scale = gamma * inverse
        # Not einsum: as a batch of C tiny matrix products it would take ten times as long.
        kernel = (scale.unsqueeze(2) * kernels).sum(0)
        bias = (beta - scale * mean).sum(0)
        ctx.save_for_backward(kernels, gamma, inverse, mean)
        return kernel.to(kernels.dtype), bias.to(kernels.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_kernel: Tensor, d_bias: Tensor) -> tuple[Tensor, ...]:
        """Return the gradients to kernels, gamma, beta, mean and v."""
        kernels, gamma, inverse, mean = ctx.saved_tensors
        d_kernel, d_bias = d_kernel.double(), d_bias.double()
        scale = gamma * inverse
        d_scale = (kernels * d_kernel).sum(2) - mean * d_bias
        d_gamma = d_scale * inverse
        return (
            (scale.unsqueeze(2) * d_kernel).to(kernels.dtype),
            d_gamma.to(gamma.dtype),
            d_bias.to(gamma.dtype).repeat(len(gamma), 1),
            -scale * d_bias,
            d_gamma * scale * inverse * -0.5,
        )
