from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

Pair = tuple[int, int]


class DepthwiseMoments(Function):
    """Mean and covariance of every channel's k_h x k_w patches, without ever storing the patches.

    ``mean, covariance = DepthwiseMoments.apply(x, kernel_size, stride, padding)`` for x (N, C, H, W)
    gives (C, T) and (C, T, T), T = k_h k_w, both float64. Row t of the covariance, products of tap t
    with every tap, is what a depthwise convolution calls its weight gradient, if the map seen by tap t plays
    the output's gradient; so it costs one call of a tuned kernel. In turn, the gradient to x is
    a depthwise convolution for every tap. Gradients of gradients are refused.
    """

    @staticmethod
    def forward(
        ctx, x: Tensor, kernel_size: Pair, stride: Pair, padding: Pair
    ) -> tuple[Tensor, Tensor]:
        channels = x.shape[1]
        centre = x.mean((0, 2, 3)).reshape(-1, 1, 1)
        padded = F.pad(x, (padding[1], padding[1], padding[0], padding[0])) - centre
        windows = _windows(padded, kernel_size, stride)
        count = windows[0].numel() // channels
        picture_sum = padded.sum(0).double()
        offset = (
            torch.stack([w.sum((1, 2)) for w in _windows(picture_sum, kernel_size, stride)], 1)
            / count
        )
        products = torch.stack(
            [_weight_gradient(w, padded, kernel_size, stride) for w in windows], 1
        )
        covariance = products / count - offset.unsqueeze(2) * offset.unsqueeze(1)
        mean = offset + centre.reshape(-1, 1).double()
        ctx.save_for_backward(x, mean)
        ctx.geometry = kernel_size, stride, padding
        return mean, covariance

    @staticmethod
    @once_differentiable
    def backward(ctx, d_mean: Tensor, d_covariance: Tensor) -> tuple[Tensor | None, ...]:
        x, mean = ctx.saved_tensors
        kernel_size, stride, padding = ctx.geometry
        channels, taps = mean.shape
        symmetric = d_covariance + d_covariance.transpose(1, 2)
        constant = d_mean - (symmetric @ mean.unsqueeze(2)).squeeze(2)
        padded = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))
        d_padded = torch.zeros_like(padded)
        windows = _windows(d_padded, kernel_size, stride)
        count = windows[0].numel() // channels
        kernels = (symmetric / count).to(x.dtype).reshape(channels, taps, 1, *kernel_size)
        constant = (constant / count).to(x.dtype)
        for tap, window in enumerate(windows):
            window += F.conv2d(padded, kernels[:, tap], constant[:, tap], stride, groups=channels)
        height, width = x.shape[2:]
        return (
            d_padded[:, :, padding[0] : padding[0] + height, padding[1] : padding[1] + width],
            None,
            None,
            None,
        )


def _windows(padded: Tensor, kernel_size: Pair, stride: Pair) -> list[Tensor]:
    """For every tap of the kernel the view (..., H_out, W_out) of all pixels under that tap."""
    rows, columns = (
        (size - k) // s * s + 1
        for size, k, s in zip(padded.shape[-2:], kernel_size, stride, strict=True)
    )
    return [
        padded[..., top : top + rows : stride[0], left : left + columns : stride[1]]
        for top in range(kernel_size[0])
        for left in range(kernel_size[1])
    ]


def _weight_gradient(d_out: Tensor, x: Tensor, kernel_size: Pair, stride: Pair) -> Tensor:
    """``sum_o d_out[o] x[o + t]`` for every channel and tap, (C, T) float64."""
    channels = x.shape[1]
    total = torch.zeros(
        channels, kernel_size[0] * kernel_size[1], dtype=torch.float64, device=x.device
    )
    weight = x.new_empty(channels, 1, *kernel_size)
    for d_part, part in zip(d_out.split(4), x.split(4)):
        gradient = torch.ops.aten.convolution_backward(
            d_part,
            part,
            weight,
            None,
            stride,
            (0, 0),
            (1, 1),
            False,
            (0, 0),
            channels,
            (False, True, False),
        )[1]
        total += gradient.reshape(channels, -1)
    return total
