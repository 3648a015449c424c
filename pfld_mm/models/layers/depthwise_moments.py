from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from pfld_mm.models.layers.tap_lags import TAPS, lag_matrix, window
from pfld_mm.models.layers.tap_products import tap_products

Edge = tuple[tuple[int, ...], slice]
"""Taps that see an axis from a place and the pixels that they see."""
_WHOLE: Edge = TAPS, slice(None)

Kinds = tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]


class DepthwiseMoments(Function):
    """Mean and covariance of every channel's 3x3 patches, without ever storing the patches.

    ``mean, covariance = DepthwiseMoments.apply(x, stride)`` for x (N, C, H, W) padded by one zero
    gives (C, 9) and (C, 9, 9), both float64; stride is 1 or 2. Gradients of gradients are refused.

    The covariance comes from :func:`tap_products`. Its gradient to x is
    ``d p = (d mean + (d S + d S^T) (p - mean)) / M`` for every patch p, summed where patches
    overlap: a 5x5 depthwise convolution of x, less the patches outside of the output plane.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, stride: int) -> tuple[Tensor, Tensor]:
        """Return mean and covariance."""
        n, channels, height, width = x.shape
        rows, columns = _visits(height, stride, x.device), _visits(width, stride, x.device)
        inside = _pixels_inside(height, width, stride, x.device)
        count = n * -(-height // stride) * -(-width // stride)
        # Matrix products, as torch's own sum over the first axis is ten times slower.
        pixels = x.permute(0, 2, 3, 1).reshape(n, -1)
        total = (pixels.new_ones(1, n) @ pixels).double().reshape(-1, channels)
        center = ((total.new_ones(1, len(total)) @ total) / (n * len(total)))[0].to(x.dtype)
        # A patch is p = z + m v: z is centerd and 0 outside, v is 1 inside and 0 outside.
        m = center.double().reshape(-1, 1, 1)
        total = total - n * m.flatten()
        products = tap_products(x, center, stride)
        sums = columns @ (rows @ total.reshape(height, -1)).reshape(9, width, channels)
        sums = sums.reshape(3, 3, 3, 3, -1).permute(4, 0, 2, 1, 3).reshape(-1, 9, 9)
        products = products + m * (sums + sums.transpose(1, 2) + n * m * inside)
        mean = (sums[:, :, 4] + n * m[:, 0] * inside[:, 4]) / count
        ctx.save_for_backward(x, mean)
        ctx.stride, ctx.count = stride, count
        return mean, products / count - mean.unsqueeze(2) * mean.unsqueeze(1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_mean: Tensor, d_covariance: Tensor) -> tuple[Tensor, None]:
        """Return the gradient to x."""
        x, mean = ctx.saved_tensors
        stride = ctx.stride
        matrix = (d_covariance + d_covariance.transpose(1, 2)) / ctx.count
        bias = d_mean / ctx.count - (matrix * mean.unsqueeze(1)).sum(2)
        taps = torch.cat([matrix.flatten(1), bias], 1).to(x.dtype)
        d_x = _endless_gradient(x, taps, ((TAPS, TAPS),), stride)
        rows, columns = (_edges(size, stride) for size in x.shape[2:])
        corners = [(row, column) for row in rows for column in columns]
        for places, sign in (
            ([(row, _WHOLE) for row in rows], -1),
            ([(_WHOLE, column) for column in columns], -1),
            (corners, 1),  # These were subtracted twice.
        ):
            _add_outside(d_x, x, taps, places, stride, sign)
        return d_x, None


def _edges(size: int, stride: int) -> list[Edge]:
    """What patches just outside of the output plane see along an axis of that size."""
    if stride == 1:
        return [((2,), slice(0, 1)), ((0,), slice(size - 1, size))]
    return [((0,), slice(size - 1, size))] if size % 2 == 0 else []


def _add_outside(
    d_x: Tensor, x: Tensor, taps: Tensor, places: list[tuple[Edge, Edge]], stride: int, sign: int
) -> None:
    """Add ``sign`` times the gradient that arises at ``places`` of one shape, all at once."""
    if not places:
        return
    seen = torch.cat([x[:, :, row, column] for (_, row), (_, column) in places], 1)
    kinds = tuple((rows, columns) for (rows, _), (columns, _) in places)
    d_seen = _endless_gradient(seen, taps, kinds, stride)
    for ((_, row), (_, column)), d_part in zip(places, d_seen.chunk(len(places), 1), strict=True):
        d_x[:, :, row, column].add_(d_part, alpha=sign)


def _endless_gradient(x: Tensor, taps: Tensor, kinds: Kinds, stride: int) -> Tensor:
    """The sum over the patches p at all places of an endless plane of ``d p = matrix p + bias``.

    Args:
        x: (N, P * C, H, W), P images side by side, zero outside.
        taps: (C, 81 + 9), every channel's matrix and bias.
        kinds: P pairs, the rows and the columns of the taps that see each image.
        stride: Of the patches; 1 along an axis with one tap.
    """
    steps = tuple(1 if len(axis) == 1 else stride for axis in kinds[0])
    d_x = None if steps == (1, 1) else torch.empty_like(x)
    for top in range(min(steps[0], x.shape[2])):
        for left in range(min(steps[1], x.shape[3])):
            # Pixels of one phase, x[top::step, left::step], are seen by the same taps.
            lags = window(kinds[0][0], stride, top), window(kinds[0][1], stride, left)
            matrix = _kernel_matrix(kinds, stride, (top, left), x.device, x.dtype)
            kernel = (taps @ matrix).reshape(len(taps), len(kinds), -1)
            kernel = kernel.transpose(0, 1).flatten(0, 1)
            if len(lags[0]) == len(lags[1]) == 1:
                return x * kernel[:, 1:, None] + kernel[:, :1, None]
            d_phase = F.conv2d(
                x,
                kernel[:, 1:].reshape(-1, 1, len(lags[0]), len(lags[1])),
                kernel[:, 0],
                steps,
                (-lags[0][0] - top, -lags[1][0] - left),
                groups=len(kernel),
            )
            if d_x is None:
                return d_phase
            d_x[:, :, top :: steps[0], left :: steps[1]] = d_phase
    return d_x


@lru_cache(maxsize=64)
def _kernel_matrix(
    kinds: Kinds, stride: int, phase: tuple[int, int], device: torch.device, dtype: torch.dtype
) -> Tensor:
    """What makes every kind's bias and convolution kernel of a patch's matrix and bias: (90, .)."""
    blocks = []
    for rows, columns in kinds:
        pairs = lag_matrix(rows, columns, device, stride, phase)
        # A pixel is seen by the taps that are at lag 0 of themselves.
        is_seen = pairs[::10].sum(1, keepdim=True)
        blocks += [torch.block_diag(pairs, is_seen).roll(1, 1)]
    return torch.cat(blocks, 1).to(dtype)


@lru_cache(maxsize=64)
def _visits(size: int, stride: int, device: torch.device) -> Tensor:
    """1 where tap t of a patch lies on pixel h while its tap u lies inside, too: (9, size)."""
    pixel = torch.arange(size, device=device)
    tap = torch.arange(3, device=device).reshape(3, 1, 1)
    middle = pixel - tap + 1
    other = middle - 1 + tap.reshape(3, 1)
    is_place = (middle % stride == 0) & (middle >= 0) & (middle < size)
    return (is_place & (other >= 0) & (other < size)).double().reshape(9, size)


@lru_cache(maxsize=64)
def _pixels_inside(height: int, width: int, stride: int, device: torch.device) -> Tensor:
    """How many patches of an image have both of two taps inside: (9, 9)."""
    rows, columns = (_visits(size, stride, device).sum(1) for size in (height, width))
    counts = rows.reshape(3, 1, 3, 1) * columns.reshape(3, 1, 3)
    return counts.reshape(9, 9)
