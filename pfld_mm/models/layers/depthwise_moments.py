from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from pfld_mm.models.layers.tap_products import edges, tap_products

Place = tuple[slice, slice, slice, slice]
"""Rows and columns of a picture, and the rows and columns of the taps that see them."""


class DepthwiseMoments(Function):
    """Mean and covariance of every channel's 3x3 patches, without ever storing the patches.

    ``mean, covariance = DepthwiseMoments.apply(x, stride)`` for x (N, C, H, W) padded by one zero
    gives (C, 9) and (C, 9, 9), both float64; stride is 1 or 2. Gradients of gradients are refused.

    The covariance comes from :func:`tap_products`. Its gradient to x is
    ``d p = (d mean + (d S + d S^T) (p - mean)) / M`` for every patch p, summed where patches
    overlap: a 5x5 depthwise convolution of x, less the patches outside of the output plane.
    """

    @staticmethod
    def forward(ctx, x: Tensor, stride: int) -> tuple[Tensor, Tensor]:
        """Return mean and covariance."""
        n, channels, height, width = x.shape
        rows, columns = _visits(height, stride, x.device), _visits(width, stride, x.device)
        inside = n * torch.einsum('tu,vy->tvuy', rows.sum(0), columns.sum(0)).reshape(9, 9)
        count = inside[4, 4]
        centre = x.mean((0, 2, 3))
        # A patch is p = z + m v: z is centred and 0 outside, v is 1 inside and 0 outside.
        m = centre.double().reshape(-1, 1, 1)
        # A matrix product, as torch's own sum over the first axis is ten times slower.
        pixels = x.permute(0, 2, 3, 1).reshape(n, -1)
        total = (pixels.new_ones(1, n) @ pixels).double().reshape(height, width, channels)
        total = total - n * centre.double()
        products = tap_products(x, centre, stride)
        sums = torch.einsum('hwc,htu->ctuw', total, rows)
        sums = torch.einsum('ctuw,wvy->ctvuy', sums, columns).reshape(channels, 9, 9)
        products = products + m * (sums + sums.transpose(1, 2)) + m * m * inside
        mean = (sums[:, :, 4] + m[:, 0] * inside[:, 4]) / count
        ctx.save_for_backward(x, mean, count)
        ctx.stride = stride
        return mean, products / count - mean.unsqueeze(2) * mean.unsqueeze(1)

    @staticmethod
    @once_differentiable
    def backward(ctx, d_mean: Tensor, d_covariance: Tensor) -> tuple[Tensor, None]:
        """Return the gradient to x."""
        x, mean, count = ctx.saved_tensors
        stride = ctx.stride
        matrix = (d_covariance + d_covariance.transpose(1, 2)) / count
        bias = d_mean / count - (matrix @ mean.unsqueeze(2)).squeeze(2)
        matrix, bias = matrix.reshape(-1, 3, 3, 3, 3), bias.reshape(-1, 3, 3)
        d_x = _endless_gradient(x, matrix, bias, stride)
        for places, sign in _places_outside(x.shape[2:], stride):
            _add_edges(d_x, x, matrix, bias, stride, places, sign)
        return d_x, None


def _places_outside(size: torch.Size, stride: int) -> list[tuple[list[Place], int]]:
    """What patches just outside of the output plane see of a picture.

    Returns:
        Rows and columns, to be taken off (sign -1), and corners, taken off twice by that (+1).
    """
    rows, columns = (
        [(slice(pixel, pixel + 1), slice(tap, tap + 1)) for tap, pixel in edges(length, stride)]
        for length in size
    )
    whole = slice(None)
    return [
        ([(row, whole, tap, whole) for row, tap in rows], -1),
        ([(whole, column, whole, tap) for column, tap in columns], -1),
        ([(row, column, tap, side) for row, tap in rows for column, side in columns], 1),
    ]


def _add_edges(
    d_x: Tensor,
    x: Tensor,
    matrix: Tensor,
    bias: Tensor,
    stride: int,
    places: list[Place],
    sign: int,
) -> None:
    """Add ``sign`` times the gradient that arises at ``places`` of one shape, all at once."""
    if not places:
        return
    d_parts = _endless_gradient(
        torch.cat([x[:, :, row, column] for row, column, _, _ in places], 1),
        torch.cat([matrix[:, tap, side, tap, side] for _, _, tap, side in places]),
        torch.cat([bias[:, tap, side] for _, _, tap, side in places]),
        stride,
    )
    for (row, column, _, _), d_part in zip(places, d_parts.chunk(len(places), 1), strict=True):
        d_x[:, :, row, column] += sign * d_part


def _endless_gradient(x: Tensor, matrix: Tensor, bias: Tensor, stride: int) -> Tensor:
    """The sum over the patches p at all places of an endless plane of ``d p = matrix p + bias``.

    Args:
        x: (N, C, H, W), zero outside.
        matrix: (C, a, b, a, b) for patches of a x b taps, 1 or 3 each.
        bias: (C, a, b).
        stride: Of the patches; 1 along an axis with one tap.
    """
    channels, a, b = bias.shape
    if a == b == 1:
        return x * matrix.reshape(-1, 1, 1).to(x.dtype) + bias.to(x.dtype)
    steps = stride if a > 1 else 1, stride if b > 1 else 1
    d_x = torch.empty_like(x)
    for top in range(min(steps[0], x.shape[2])):
        for left in range(min(steps[1], x.shape[3])):
            # Pixels of one phase, x[top::step, left::step], are seen by the same taps.
            seen = torch.zeros(a, b, dtype=matrix.dtype, device=x.device)
            seen[(top + a // 2) % steps[0] :: steps[0], (left + b // 2) % steps[1] :: steps[1]] = 1
            # Tap t of a patch lies on pixel p, so tap u lies on p + u - t.
            kernels = (matrix * seen.reshape(a, b, 1, 1)).flip(1, 2).reshape(channels, a * b, a * b)
            kernels = kernels.transpose(1, 2).reshape(1, -1, a * b)
            kernel = F.fold(kernels, (2 * a - 1, 2 * b - 1), (a, b)).transpose(0, 1)
            # At stride 2 an even pixel is seen by the middle tap alone: one lag less on each side.
            rows, columns = (
                (-1, -1) if step == 2 and phase == 0 else (phase, 0)
                for step, phase in zip(steps, (top, left), strict=True)
            )
            d_phase = F.conv2d(
                x,
                F.pad(kernel, (*columns, *rows)).to(x.dtype),
                (bias * seen).sum((1, 2)).to(x.dtype),
                steps,
                (a - 1 + min(rows[0], 0), b - 1 + min(columns[0], 0)),
                groups=channels,
            )
            if steps == (1, 1):
                return d_phase
            d_x[:, :, top :: steps[0], left :: steps[1]] = d_phase
    return d_x


@lru_cache(maxsize=64)
def _visits(size: int, stride: int, device: torch.device) -> Tensor:
    """1 where tap t of a patch lies on pixel h while its tap u lies inside, too: (size, 3, 3)."""
    pixel = torch.arange(size, device=device).reshape(-1, 1, 1)
    tap = torch.arange(3, device=device)
    middle = pixel - tap.reshape(3, 1) + 1
    other = middle - 1 + tap
    is_place = (middle % stride == 0) & (middle >= 0) & (middle < size)
    return (is_place & (other >= 0) & (other < size)).double()
