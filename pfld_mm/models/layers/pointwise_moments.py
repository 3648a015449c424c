from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

ROWS = 4096
"""Pixels of one partial sum in the input's precision; the partial sums are added in float64."""


class PointwiseMoments(Function):
    """Mean and covariance over the pixels of a map's channel vectors: one matrix product.

    ``mean, covariance = PointwiseMoments.apply(x)`` for x (N, C, H, W) gives (1, C) and (1, C, C),
    both float64. The gradient to x is one 1x1 convolution with a symmetric matrix,
    ``(dmean + (dS + dS^T) (x - mean)) / M``. Gradients of gradients are refused.
    """

    @staticmethod
    def forward(ctx, x: Tensor) -> tuple[Tensor, Tensor]:
        n, channels, height, width = x.shape
        pictures = 1
        if x.is_contiguous(memory_format=torch.channels_last):
            # The pixels of several small pictures lie behind one another.
            pictures = max(
                p for p in range(1, n + 1) if n % p == 0 and (p == 1 or p * height * width <= ROWS)
            )
        pixels = x.permute(0, 2, 3, 1).reshape(n // pictures, -1, channels)
        count = n * height * width
        mean = pixels.sum(1).sum(0, dtype=torch.float64) / count
        centre = mean.to(x.dtype)
        centred = pixels - centre
        products = torch.bmm(centred.transpose(1, 2), centred).sum(0, dtype=torch.float64)
        rounding = mean - centre.double()
        covariance = products / count - torch.outer(rounding, rounding)
        ctx.save_for_backward(x, mean)
        return mean.unsqueeze(0), covariance.unsqueeze(0)

    @staticmethod
    @once_differentiable
    def backward(ctx, d_mean: Tensor, d_covariance: Tensor) -> Tensor:
        x, mean = ctx.saved_tensors
        count = x.numel() // x.shape[1]
        matrix = (d_covariance[0] + d_covariance[0].T) / count
        constant = d_mean[0] / count - matrix @ mean
        matrix = matrix.to(x.dtype).reshape(*matrix.shape, 1, 1)
        return F.conv2d(x, matrix, constant.to(x.dtype))
