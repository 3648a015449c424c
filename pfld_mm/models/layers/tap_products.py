"""Products of the taps of 3x3 depthwise patches, summed over all patches of a batch."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

PIXELS = 64
"""Pixels of one partial sum in the input's precision; the partial sums are added in float64."""

ELEMENTS = 1 << 20
"""Elements of the input worked on at a time, few enough to stay in the processor's cache."""


def tap_products(x: Tensor, centre: Tensor, stride: int) -> Tensor:
    """``sum_o z[s o + t - 1] z[s o + u - 1]`` over all outputs o, for all pairs of taps t, u.

    Were the output plane endless, these would be correlations of z with itself, which depend on the
    taps' distance alone and cost little. So they are computed, and the patches that lie just
    outside of the output plane are taken off again: such a patch sees the first or last row of z
    with one row of its taps, or a column likewise, or one corner.

    Args:
        x: (N, C, H, W).
        centre: (C,); z is x - centre inside of the picture and 0 outside.
        stride: s, 1 or 2.

    Returns:
        (C, 9, 9) float64, taps in row-major order.
    """
    products = _endless_stride_1(x, centre) if stride == 1 else _endless_stride_2(x, centre)
    pixels = x.permute(2, 3, 0, 1)
    rows, columns = edges(x.shape[2], stride), edges(x.shape[3], stride)
    lines = _endless_lines([pixels[row] - centre for _, row in rows], stride)
    for (tap, _), line in zip(rows, lines, strict=True):
        products[:, tap, :, tap] -= line
    lines = _endless_lines([pixels[:, column] - centre for _, column in columns], stride)
    for (tap, _), line in zip(columns, lines, strict=True):
        products[:, :, tap, :, tap] -= line
    for tap, row in rows:
        for side, column in columns:
            corner = (pixels[row, column] - centre).double()
            products[:, tap, side, tap, side] += corner.square().sum(0)
    return products.reshape(-1, 9, 9)


def edges(size: int, stride: int) -> list[tuple[int, int]]:
    """What patches just outside of the output plane see along an axis: (tap, pixel) pairs."""
    if stride == 1:
        return [(2, 0), (0, size - 1)]
    return [(0, size - 1)] if size % 2 == 0 else []


def _endless_lines(lines: list[Tensor], stride: int) -> list[Tensor]:
    """Products (C, 3, 3) of three taps along each line (L, N, C), at all places that see it."""
    if not lines:
        return []
    line = torch.cat(lines, 2)
    padded = F.pad(line, (0, 0, 0, 0, 2, 2))
    # The first place has its last tap on the first pixel (stride 1) or its middle one (stride 2).
    first = 0 if stride == 1 else 1
    places = (line.shape[0] + 2) // stride
    taps = [padded[first + tap :: stride][:places] for tap in range(3)]
    sums = {(t, u): (taps[t] * taps[u]).sum((0, 1)) for t in range(3) for u in range(t, 3)}
    products = torch.stack([sums[min(t, u), max(t, u)] for t in range(3) for u in range(3)], 1)
    return list(products.double().unflatten(1, (3, 3)).chunk(len(lines)))


def _endless_stride_1(x: Tensor, centre: Tensor) -> Tensor:
    """The products of taps t, u are the autocorrelation of z at lag u - t: (C, 3, 3, 3, 3)."""
    channels, height, width = x.shape[1:]
    rows, pictures = _segment_rows(height, width), _pictures_at_a_time(x)
    # All lags of the lower half plane, 0..2 rows and -2..2 columns, are two 3x3 correlations, if
    # one picture is moved by one pixel to the left or to the right. With a column of zeros on
    # either side, moving is an offset in memory.
    pixel = pictures * (height // rows) * channels
    memory = x.new_zeros(((rows + 2) * (width + 2) + 2) * pixel)
    moved_right, segments, moved_left = (
        memory[start : memory.numel() + start - 2 * pixel].reshape(rows + 2, width + 2, pixel)
        for start in (0, pixel, 2 * pixel)
    )
    inside = segments[:, 1:-1].unflatten(2, (pictures, -1, channels))
    left = right = 0
    for part in x.split(pictures):
        _fill_segments(inside, part, centre, above=0)
        left = left + _correlation(segments[:rows], moved_right, channels)
        right = right + _correlation(segments[:rows], moved_left, channels)
    below = torch.cat([left[:, :, :2], right], 2)
    lags = torch.cat([below[:, 1:].flip(1, 2), below], 1)
    return lags.flatten(1)[:, _lag_of_taps(x.device)]


def _endless_stride_2(x: Tensor, centre: Tensor) -> Tensor:
    """Every tap sees one of four planes (even or odd rows, even or odd columns): (C, 3, 3, 3, 3).

    The products of taps t, u are the correlation of their planes at lag -1, 0 or 1.
    """
    if x.shape[2] % 2 or x.shape[3] % 2:
        x = F.pad(x - centre.reshape(-1, 1, 1), (0, x.shape[3] % 2, 0, x.shape[2] % 2))
        centre = torch.zeros_like(centre)
    channels, height, width = x.shape[1], x.shape[2] // 2, x.shape[3] // 2
    rows, pictures = _segment_rows(height, width), _pictures_at_a_time(x)
    planes = x.new_zeros(4, rows + 2, width, pictures, height // rows, channels)
    table = x.new_zeros(channels, 4, 4, 3, 3, dtype=torch.float64)
    for part in x.split(pictures):
        for plane, (top, left) in zip(planes, ((0, 0), (0, 1), (1, 0), (1, 1)), strict=True):
            _fill_segments(plane, part[:, :, top::2, left::2], centre, above=1)
        for p, one in enumerate(planes.flatten(3)):
            for q, other in enumerate(planes.flatten(3)[p:], p):
                table[:, p, q] += _correlation(one[1:-1], other, channels)
    for p in range(4):
        for q in range(p):
            table[:, p, q] = table[:, q, p].flip(1, 2)
    return table.flatten(1)[:, _lag_of_taps_in_planes(x.device)]


@lru_cache
def _lag_of_taps(device: torch.device) -> Tensor:
    """Where in the 5 x 5 lags the lag from taps (t_y, t_x) to (u_y, u_x) is: (3, 3, 3, 3)."""
    tap = torch.arange(3, device=device)
    lag = tap - tap.reshape(3, 1) + 2
    return 5 * lag.reshape(3, 1, 3, 1) + lag.reshape(1, 3, 1, 3)


@lru_cache
def _lag_of_taps_in_planes(device: torch.device) -> Tensor:
    """Where in the table (4, 4, 3, 3) of planes and lags two taps are: (3, 3, 3, 3)."""
    # Along an axis the taps see the odd plane one pixel before, the even plane and the odd plane.
    is_odd = torch.tensor([1, 0, 1], device=device)
    shift = torch.tensor([-1, 0, 0], device=device)
    plane = 2 * is_odd.reshape(3, 1) + is_odd
    lag = shift - shift.reshape(3, 1) + 1
    planes = 4 * plane.reshape(3, 3, 1, 1) + plane
    return 9 * planes + 3 * lag.reshape(3, 1, 3, 1) + lag.reshape(1, 3, 1, 3)


def _pictures_at_a_time(x: Tensor) -> int:
    """The most pictures that divide the batch evenly into parts of at most ``ELEMENTS``."""
    limit = max(1, ELEMENTS // x[0].numel())
    return max(part for part in range(1, len(x) + 1) if len(x) % part == 0 and part <= limit)


def _segment_rows(height: int, width: int) -> int:
    """The most rows that divide a picture evenly into segments of about ``PIXELS``, 2 at least."""
    limit = min(height, max(2, PIXELS // width))
    return max([rows for rows in range(2, limit + 1) if height % rows == 0] or [height])


def _fill_segments(segments: Tensor, x: Tensor, centre: Tensor, above: int) -> None:
    """Cut pictures into segments of rows, with two rows of their neighbours, and centre them.

    Args:
        segments: (rows + 2, W, N, K, C), to be filled; what no picture covers stays as it is.
        x: (N, C, K * rows, W).
        centre: (C,).
        above: How many of the two rows come from the segment above; the others come from below.
    """
    rows = len(segments) - 2
    own = x.permute(2, 3, 0, 1).unflatten(0, (-1, rows)).permute(1, 2, 3, 0, 4)
    segments[above : above + rows].copy_(own).sub_(centre)
    segments[:above, :, :, 1:] = segments[rows : above + rows, :, :, :-1]
    segments[above + rows :, :, :, :-1] = segments[above:2, :, :, 1:]


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
