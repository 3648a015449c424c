"""Products of the taps of 3x3 depthwise patches, summed over all patches of a batch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

PIXELS = 256
"""Pixels of one partial sum in the input's precision; the partial sums are added in float64."""


def tap_products(z: Tensor, stride: int) -> Tensor:
    """``sum_o z[s o + t - 1] z[s o + u - 1]`` over all outputs o, for all pairs of taps t, u.

    Were the output plane endless, these would be correlations of z with itself, which depend on the
    taps' distance alone and cost little. So they are computed, and the patches that lie just outside of
    the output plane are taken off again: such a patch sees the first or last row of z with
    one row of its taps, or a column likewise, or one corner.

    Args:
        z: (N, C, H, W); zero outside, so that the patches are those of padding 1.
        stride: s, 1 or 2.

    Returns:
        (C, 9, 9) float64, taps in row-major order.
    """
    products = _endless_stride_1(z) if stride == 1 else _endless_stride_2(z)
    pixels = z.permute(2, 3, 0, 1)
    for tap, row in edges(z.shape[2], stride):
        products[:, tap, :, tap] -= _endless_line(pixels[row], stride)
        for side, column in edges(z.shape[3], stride):
            corner = pixels[row, column].square().sum(0, dtype=torch.float64)
            products[:, tap, side, tap, side] += corner
    for side, column in edges(z.shape[3], stride):
        products[:, :, side, :, side] -= _endless_line(pixels[:, column], stride)
    return products.reshape(-1, 9, 9)


def edges(size: int, stride: int) -> list[tuple[int, int]]:
    """What patches just outside of the output plane see of an axis: with tap t the pixel p, (t, p)."""
    if stride == 1:
        return [(2, 0), (0, size - 1)]
    return [(0, size - 1)] if size % 2 == 0 else []


def _endless_line(line: Tensor, stride: int) -> Tensor:
    """Products (C, 3, 3) of three taps along a line (L, N, C), for all places that see any of it."""
    padded = F.pad(line, (0, 0, 0, 0, 2, 2))
    # The first place has its last tap on the first pixel (stride 1) or its middle one (stride 2).
    first = 0 if stride == 1 else 1
    places = (line.shape[0] + 2) // stride
    taps = [padded[first + tap :: stride][:places] for tap in range(3)]
    products = line.new_empty(line.shape[2], 3, 3, dtype=torch.float64)
    for t in range(3):
        for u in range(t, 3):
            products[:, t, u] = products[:, u, t] = (taps[t] * taps[u]).sum((0, 1))
    return products


def _endless_stride_1(z: Tensor) -> Tensor:
    """The products of taps t, u are the autocorrelation of z at lag u - t: (C, 3, 3, 3, 3)."""
    channels, height, width = z.shape[1:]
    rows = _rows_of_a_segment(height, width)
    # All lags of the lower half plane, 0..2 rows and -2..2 columns, are two 3x3 correlations, if one
    # picture is moved by one pixel to the left or to the right. With a column of zeros on either
    # side, moving is an offset in memory.
    pixel = z.numel() // (height * width) * (height // rows)
    memory = z.new_zeros(((rows + 2) * (width + 2) + 2) * pixel)
    segments = memory[pixel:-pixel].reshape(rows + 2, width + 2, -1, height // rows, channels)
    _fill_segments(segments[:, 1:-1], z, rows, above=0)
    own = segments[:rows].flatten(2)
    left, right = (
        _correlation(
            own, memory[start:][: segments.numel()].reshape(rows + 2, width + 2, pixel), channels
        )
        for start in (0, 2 * pixel)
    )
    below = torch.cat([left[:, :, :2], right], 2)
    lags = torch.cat([below[:, 1:].flip(1, 2), below], 1)
    tap = torch.arange(3, device=z.device)
    lag = tap - tap.reshape(3, 1) + 2
    return lags[:, lag.reshape(3, 1, 3, 1), lag.reshape(1, 3, 1, 3)]


def _endless_stride_2(z: Tensor) -> Tensor:
    """Every tap sees one of four planes (even or odd rows, even or odd columns): (C, 3, 3, 3, 3).

    The products of taps t, u are the correlation of their planes at lag -1, 0 or 1.
    """
    z = F.pad(z, (0, z.shape[3] % 2, 0, z.shape[2] % 2))
    channels, height, width = z.shape[1], z.shape[2] // 2, z.shape[3] // 2
    rows = _rows_of_a_segment(height, width)
    planes = []
    for top, left in ((0, 0), (0, 1), (1, 0), (1, 1)):
        plane = z.new_zeros(rows + 2, width, z.shape[0], height // rows, channels)
        _fill_segments(plane, z[:, :, top::2, left::2], rows, above=1)
        planes.append(plane.flatten(2))
    table = z.new_empty(channels, 4, 4, 3, 3, dtype=torch.float64)
    for p in range(4):
        for q in range(p, 4):
            table[:, p, q] = _correlation(planes[p][1:-1], planes[q], channels)
            table[:, q, p] = table[:, p, q].flip(1, 2)
    # Along an axis the taps see the odd plane one pixel before, the even plane and the odd plane.
    shift = torch.tensor([-1, 0, 0], device=z.device)
    is_odd = torch.tensor([1, 0, 1], device=z.device)
    plane = 2 * is_odd.reshape(3, 1) + is_odd
    lag = shift - shift.reshape(3, 1) + 1
    return table[
        :,
        plane.reshape(3, 3, 1, 1),
        plane.reshape(1, 1, 3, 3),
        lag.reshape(3, 1, 3, 1),
        lag.reshape(1, 3, 1, 3),
    ]


def _rows_of_a_segment(height: int, width: int) -> int:
    """The most rows that divide a picture evenly into segments of at most ``PIXELS`` (or 2 rows)."""
    limit = max(2, PIXELS // width)
    return max(
        (rows for rows in range(2, min(height, limit) + 1) if height % rows == 0), default=height
    )


def _fill_segments(segments: Tensor, z: Tensor, rows: int, above: int) -> None:
    """Cut pictures into segments of ``rows`` rows and two rows of their neighbours.

    Args:
        segments: Zeros (rows + 2, W, N, K, C), to be filled.
        z: (N, C, K * rows, W).
        rows: Rows of a segment.
        above: How many of the two rows come from the segment above; the others come from below.
    """
    n, channels, height, width = z.shape
    own = z.permute(2, 3, 0, 1).reshape(height // rows, rows, width, n, channels)
    own = own.permute(1, 2, 3, 0, 4)
    segments[above : above + rows] = own
    segments[:above, :, :, 1:] = own[rows - above :, :, :, :-1]
    segments[above + rows :, :, :, :-1] = own[: 2 - above, :, :, 1:]


def _correlation(one: Tensor, other: Tensor, channels: int) -> Tensor:
    """``sum_p one[p] other[p + lag]`` for lags of 0..2 rows and -1..1 columns.

    This is what a 3x3 depthwise convolution calls its weight gradient: a tuned kernel computes it.
    Segments count as channels to it, so that it adds up no more than a segment's pixels.

    Args:
        one: (rows, W, segments * C).
        other: (rows + 2, W, segments * C).
        channels: C.

    Returns:
        (C, 3, 3) float64.
    """
    one, other = (part.unsqueeze(0).permute(0, 3, 1, 2) for part in (one, other))
    groups = one.shape[1]
    weight = one.new_empty(groups, 1, 3, 3)
    options = (1, 1), (0, 1), (1, 1), False, (0, 0), groups, (False, True, False)
    gradient = torch.ops.aten.convolution_backward(one, other, weight, None, *options)[1]
    return gradient.reshape(-1, channels, 9).double().sum(0).reshape(channels, 3, 3)
