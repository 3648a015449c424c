from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

PIXELS = 16384
"""Pixels of one partial sum in the input's precision; the partial sums are added in float64."""


class PointwiseMoments(Function):
    """Mean and covariance over the pixels of a map's channel vectors.

    ``mean, covariance = PointwiseMoments.apply(x)`` for x (N, C, H, W) gives (1, C) and (1, C, C),
    both float64. The products ``x x^T`` are what a 1x1 convolution calls its weight gradient. The
    gradient to x is one 1x1 convolution with a symmetric matrix,
    ``(d mean + (d S + d S^T) (x - mean)) / M``. Gradients of gradients are refused.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and covariance."""
        n, _, height, width = x.shape
        count = n * height * width
        mean = x.sum((2, 3)).double().sum(0) / count
        center = mean.to(x.dtype).reshape(-1, 1, 1)
        covariance = x.new_zeros(x.shape[1], x.shape[1], dtype=torch.float64)
        parts = min(n, math.ceil(count / PIXELS))
        for part in x.split(math.ceil(n / parts)):
            covariance.add_(_products(part - center))
        covariance.div_(count)
        ctx.save_for_backward(x, mean)
        return mean.unsqueeze(0), covariance.unsqueeze(0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_mean: Tensor, d_covariance: Tensor) -> Tensor:
        """Return the gradient to x."""
        x, mean = ctx.saved_tensors
        count = x.numel() // x.shape[1]
        symmetric = d_covariance[0] + d_covariance[0].T
        bias = (d_mean[0] - symmetric @ mean) / count
        matrix = symmetric.to(x.dtype).div_(count)
        return F.conv2d(x, matrix.reshape(*matrix.shape, 1, 1), bias.to(x.dtype))


def _products(x: Tensor) -> Tensor:
    """``sum_p x[p] x[p]^T`` over all pixels p, (C, C)."""
    channels = x.shape[1]
    weight = x.new_empty(channels, channels, 1, 1)
    options = (1, 1), (0, 0), (1, 1), False, (0, 0), 1, (False, True, False)
    return torch.ops.aten.convolution_backward(x, x, weight, None, *options)[1][:, :, 0, 0]
