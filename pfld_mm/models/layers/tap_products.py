"""Products of the taps of 3x3 depthwise patches, summed over all patches."""

from __future__ import annotations

import torch
from torch import Tensor

PICTURES = 8
"""Pictures of one partial sum in the input's precision; the partial sums are added in float64."""


def tap_products(x: Tensor, centre: Tensor, stride: int) -> Tensor:
    """``sum_o z[s o + t - 1] z[s o + u - 1]`` for all pairs of taps t, u, where z = x - centre inside.

    Were the output plane endless, the sum would depend on the distance of the taps alone: it would be
    a correlation of x with itself. So these are computed, and the patches just outside of the picture are
    taken off again. Such a patch sees the first or last row with one row of its taps, or the
    same for columns, or one corner pixel.

    Args:
        x: (N, C, H, W), zero outside.
        centre: (C,), subtracted inside.
        stride: 1 or 2.

    Returns:
        (C, 9, 9) float64, taps in row-major order.
    """
    channels = x.shape[1]
    endless = _endless_stride_1 if stride == 1 else _endless_stride_2
    products = endless(x, centre).reshape(-1, 3, 3, 3, 3)
    pixels = x.permute(2, 3, 0, 1)
    for tap, row in edges(x.shape[2], stride):
        line = pixels[row] - centre
        products[:, tap, :, tap] -= _endless_line(line, stride)
        for side, column in edges(x.shape[3], stride):
            products[:, tap, side, tap, side] += line[column].square().sum(0, dtype=torch.float64)
    for side, column in edges(x.shape[3], stride):
        line = pixels[:, column] - centre
        products[:, :, side, :, side] -= _endless_line(line, stride)
    return products.reshape(channels, 9, 9)


def edges(size: int, stride: int) -> list[tuple[int, int]]:
    """The rows that patches just outside of the picture see: (tap, row) for a picture of ``size``."""
    if stride == 1:
        return [(2, 0), (0, size - 1)]
    return [(0, size - 1)] if size % 2 == 0 else []


def _endless_line(line: Tensor, stride: int) -> Tensor:
    """Products (C, 3, 3) of three taps along a line (L, N, C), for all positions that see any of it."""
    size = line.shape[0]
    padded = line.new_zeros(size + 4, *line.shape[1:])
    padded[2:-2] = line
    count = (size + 2) // stride
    # The first patch has its last tap on the first pixel (stride 1), or its middle one (stride 2).
    first = 0 if stride == 1 else 1
    taps = [padded[first + tap :: stride][:count] for tap in range(3)]
    products = line.new_empty(line.shape[2], 3, 3, dtype=torch.float64)
    for t in range(3):
        for u in range(t, 3):
            products[:, t, u] = products[:, u, t] = (taps[t] * taps[u]).sum((0, 1))
    return products


def _endless_stride_1(x: Tensor, centre: Tensor) -> Tensor:
    """The products of taps t, u are the autocorrelation at lag u - t: (C, 9, 9).

    Two 3x3 weight gradients hold all lags of the lower half plane, if their input is shifted by
    (1, -1) and (1, 1). With a margin of zeros around every picture a shift is an offset in memory.
    """
    n, channels, height, width = x.shape
    shape = n, channels, height + 2, width + 2
    strides = shape[2] * shape[3] * channels, 1, shape[3] * channels, channels
    memory = x.new_zeros(n * strides[0] + (shape[3] + 1) * channels)

    def shifted(pixels: int) -> Tensor:
        return memory.as_strided(shape, strides, pixels * channels)

    z = shifted(0)
    torch.sub(x, centre.reshape(-1, 1, 1), out=z[:, :, 1:-1, 1:-1])
    left = _correlation(z, shifted(shape[3] - 1))
    right = _correlation(z, shifted(shape[3] + 1))
    below = torch.cat([left[:, :, :2], right], 2)
    lags = torch.cat([below[:, 1:].flip(1, 2), below], 1)
    tap = torch.arange(3, device=x.device)
    lag = tap - tap.reshape(3, 1) + 2
    return lags[:, lag.reshape(3, 1, 3, 1), lag.reshape(1, 3, 1, 3)]


def _endless_stride_2(x: Tensor, centre: Tensor) -> Tensor:
    """Every tap sees one of four planes (even or odd rows and columns): (C, 9, 9).

    The products of taps t, u are the correlation of their planes at lag -1, 0 or 1.
    """
    n, channels, height, width = x.shape
    shape = n, channels, (height + 1) // 2, (width + 1) // 2
    planes = []
    for top in (0, 1):
        for left in (0, 1):
            part = x[:, :, top::2, left::2]
            plane = torch.empty(
                shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last
            )
            if part.shape != shape:
                plane.zero_()
            torch.sub(
                part, centre.reshape(-1, 1, 1), out=plane[:, :, : part.shape[2], : part.shape[3]]
            )
            planes.append(plane)
    table = x.new_empty(channels, 4, 4, 3, 3, dtype=torch.float64)
    for p in range(4):
        for q in range(p, 4):
            table[:, p, q] = _correlation(planes[p], planes[q])
            table[:, q, p] = table[:, p, q].flip(1, 2)
    phase = torch.tensor([1, 0, 1], device=x.device)
    shift = torch.tensor([-1, 0, 0], device=x.device)
    plane = 2 * phase.reshape(3, 1) + phase
    lag = shift - shift.reshape(3, 1) + 1
    return table[
        :,
        plane.reshape(3, 3, 1, 1),
        plane.reshape(1, 1, 3, 3),
        lag.reshape(3, 1, 3, 1),
        lag.reshape(1, 3, 1, 3),
    ]


def _correlation(z: Tensor, other: Tensor) -> Tensor:
    """``sum_p z[p] other[p + lag]`` for lags -1..1 in both directions, (C, 3, 3) float64.

    This is what a 3x3 depthwise convolution of ``other`` calls its weight gradient.
    """
    channels = z.shape[1]
    total = z.new_zeros(channels, 3, 3, dtype=torch.float64)
    weight = z.new_empty(channels, 1, 3, 3)
    options = (1, 1), (1, 1), (1, 1), False, (0, 0), channels, (False, True, False)
    for part, other_part in zip(z.split(PICTURES), other.split(PICTURES), strict=True):
        total += torch.ops.aten.convolution_backward(part, other_part, weight, None, *options)[1][
            :, 0
        ]
    return total
