"""Folding BatchNorm into the convolution before it: what every deployed form rests on."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def fold_batch_norm(weight: Tensor, bn: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Fold the running statistics of ``bn`` into the bias-free kernel before it.

    ``y = gamma (W x - mean) / sqrt(var + eps) + beta``.
    Computed in float64, so that summing many branches afterwards loses nothing.

    Args:
        weight: Kernel (C_out, C_in / groups, k_h, k_w).
        bn: BatchNorm over the C_out channels.

    Returns:
        Kernel (the same shape) and bias (C_out,), both float64.
    """
    if bn.running_mean is None:
        raise ValueError(
            'a BatchNorm with track_running_stats=False has no running statistics to fold: '
            'train with track_running_stats=True to deploy the model'
        )
    scale = torch.rsqrt(bn.running_var.double() + bn.eps)
    shift = -bn.running_mean.double() * scale
    if bn.affine:
        scale = scale * bn.weight.detach().double()
        shift = shift * bn.weight.detach().double() + bn.bias.detach().double()
    return weight.detach().double() * scale.reshape(-1, 1, 1, 1), shift


def conv_with(like: nn.Conv2d, weight: Tensor, bias: Tensor) -> nn.Conv2d:
    """A convolution with the geometry, dtype and device of ``like`` and the given parameters."""
    conv = nn.Conv2d(
        like.in_channels,
        like.out_channels,
        like.kernel_size,
        stride=like.stride,
        padding=like.padding,
        groups=like.groups,
        bias=True,
        device=like.weight.device,
        dtype=like.weight.dtype,
    )
    with torch.no_grad():
        conv.weight.copy_(weight)
        conv.bias.copy_(bias)
    return conv.requires_grad_(False)
