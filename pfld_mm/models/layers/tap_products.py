"""Products of the taps of 3x3 depthwise patches, summed over all patches of a batch."""

from __future__ import annotations

import itertools
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from pfld_mm.models.layers.tap_lags import TAPS, lag_matrix

PIXELS = 112
"""Pixels of one partial sum in the input's precision; the partial sums are added in float64."""

ELEMENTS = 1 << 21
"""Elements of the input worked on at a time, few enough to stay in the processor's cache."""

_PHASES = ((0, 0), (0, 1), (1, 0), (1, 1))
_PAIRS = tuple(itertools.combinations_with_replacement(range(4), 2))
"""Of the phase images; a correlation of the others is one of these, mirrored."""


def tap_products(x: Tensor, center: Tensor, stride: int) -> Tensor:
    """``sum_o z[s o + t - 1] z[s o + u - 1]`` over all outputs o, for all pairs of taps t, u.

    Args:
        x: (N, C, H, W).
        center: (C,); z is x - center inside of the image and 0 outside.
        stride: s, 1 or 2.

    Returns:
        (C, 9, 9) float64, taps in row-major order.
    """
    return _stride_1(x, center) if stride == 1 else _stride_2(x, center)


def _stride_1(x: Tensor, center: Tensor) -> Tensor:
    """From the correlations of z with itself, which depend on the taps' distance alone.

    For an endless output plane this would be all. The patches just outside of the plane are
    subtracted again: such a patch sees the first or last row of z with one row of its taps, or a
    column likewise, or one corner.
    """
    lines, corners = _borders(x.permute(2, 3, 0, 1), center)
    sums = torch.cat([_lags(x, center), lines.double(), corners.double()])
    return (sums.T @ _products_of_lags(x.device)).reshape(-1, 9, 9)


@lru_cache
def _products_of_lags(device: torch.device) -> Tensor:
    """(25 lags of the plane + 4 lines of 5 + 4 corners, 81): how they make up tap products."""
    outside = ((2,), (0,))  # What sees the first and the last pixel of an axis from outside.
    parts = [lag_matrix(TAPS, TAPS, device)]
    parts += [-lag_matrix(row, TAPS, device) for row in outside]
    parts += [-lag_matrix(TAPS, column, device) for column in outside]
    parts += [lag_matrix(row, column, device) for column in outside for row in outside]
    return torch.cat(parts, 1).T.contiguous()


def _borders(pixels: Tensor, center: Tensor) -> tuple[Tensor, Tensor]:
    """Correlations of the first and last row and column with themselves, and corners squared.

    From pixels (H, W, N, C): (4 lines of lags -2 to 2, C) and (4, C).
    """
    height, width, batch, channels = pixels.shape
    length = max(height, width)
    lines = pixels.new_zeros(length + 2, batch, 4, channels)
    sides = pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]
    for line, side in zip(lines.unbind(2), sides, strict=True):
        line[: len(side)] = side - center
    here = lines[:length]
    lags = [(here * lines[lag : lag + length]).sum((0, 1)) for lag in range(3)]
    lags = torch.stack([lags[2], lags[1], *lags], 1)
    ends = torch.stack([lines[0, :, :2], lines[width - 1, :, :2]])
    return lags.flatten(0, 1), ends.square().sum(1).flatten(0, 1)


def _lags(x: Tensor, center: Tensor) -> Tensor:
    """``sum_p z[p] z[p + lag]`` for lags of -2 to 2 rows and columns: (25, C) float64."""
    channels, height, width = x.shape[1:]
    rows, images = _segment_rows(height, width), _images_at_a_time(x)
    # All lags of the lower half plane, 0..2 rows and -2..2 columns, are two 3x3 correlations, if
    # one image is moved by one pixel to the left or to the right. With a column of zeros on
    # either side, moving is an offset in memory.
    pixel = images * (height // rows) * channels
    memory = x.new_zeros(((rows + 2) * (width + 2) + 2) * pixel)
    moved_right, segments, moved_left = (
        memory[start : memory.numel() + start - 2 * pixel].reshape(rows + 2, width + 2, pixel)
        for start in (0, pixel, 2 * pixel)
    )
    inside = segments[:, 1:-1].unflatten(2, (images, -1, channels))
    left = right = x.new_zeros(())
    for part in x.split(images):
        _fill_segments(inside, part, center, above=0)
        left = left + _correlation(segments[:rows], moved_right, channels, padding=1)
        right = right + _correlation(segments[:rows], moved_left, channels, padding=1)
    below = torch.cat([left[:, :2], right], 1)
    return torch.cat([below[1:].flip(0, 1), below]).flatten(0, 1)


def _stride_2(x: Tensor, center: Tensor) -> Tensor:
    """From the correlations of the four phase images z[0::2, 0::2] to z[1::2, 1::2].

    A tap sees one phase image, at the output's place or one before it. So a product of two taps is
    a correlation of two phase images, at a lag of -1, 0 or 1 along each axis. Only for two taps 0
    this counts one place too many: the last row or column, which tap 0 of no patch sees.
    """
    if x.shape[2] % 2 or x.shape[3] % 2:
        x = F.pad(x - center.reshape(-1, 1, 1), (0, x.shape[3] % 2, 0, x.shape[2] % 2))
        center = torch.zeros_like(center)
    channels, height, width = x.shape[1], x.shape[2] // 2, x.shape[3] // 2
    rows, images = _segment_rows(height, width), _images_at_a_time(x)
    phases = x.new_zeros(4, rows + 2, width + 2, images * (height // rows) * channels)
    lags = x.new_zeros(len(_PAIRS), 3, 3, channels, dtype=torch.float64)
    for part in x.split(images):
        for phase, (top, left) in zip(phases, _PHASES, strict=True):
            inside = phase[:, 1:-1].unflatten(2, (images, -1, channels))
            _fill_segments(inside, part[:, :, top::2, left::2], center, above=1)
        for lag, (one, other) in zip(lags, _PAIRS, strict=True):
            lag += _correlation(phases[one, 1:-1], phases[other], channels, padding=1)
    products = lags.flatten(0, 2)[_lags_of_taps(x.device)].reshape(3, 3, 3, 3, channels)
    last_row, last_column = x[:, :, -1] - center[:, None], x[:, :, :, -1] - center[:, None]
    products[0, :, 0] -= _line_products(last_row)
    products[:, 0, :, 0] -= _line_products(last_column)
    products[0, 0, 0, 0] -= last_row[:, :, -1].double().square().sum(0)
    return products.reshape(9, 9, channels).permute(2, 0, 1)


@lru_cache
def _lags_of_taps(device: torch.device) -> Tensor:
    """(81,) int64: where the pairs' lags (10 x 3 x 3) have the product of two taps."""
    places = []
    for tap in itertools.product(range(3), repeat=4):
        one, other = ([(t != 1) for t in pair] for pair in (tap[:2], tap[2:]))
        pair = 2 * one[0] + one[1], 2 * other[0] + other[1]
        lag = [(u > 0) - (t > 0) for t, u in zip(tap[:2], tap[2:], strict=True)]
        if pair[0] > pair[1]:
            pair, lag = pair[::-1], [-step for step in lag]
        places.append(9 * _PAIRS.index(pair) + 3 * (lag[0] + 1) + lag[1] + 1)
    return torch.tensor(places, device=device)


def _line_products(line: Tensor) -> Tensor:
    """Products of the taps of 1x3 patches with stride 2 on lines (N, C, L): (3, 3, C) float64."""
    padded = F.pad(line.double(), (1, 0))
    seen = [padded[:, :, tap : tap + line.shape[2] : 2] for tap in range(3)]
    return torch.stack([(t * u).sum((0, 2)) for t in seen for u in seen]).reshape(3, 3, -1)


def _images_at_a_time(x: Tensor) -> int:
    """The most images that divide the batch evenly into parts of at most ``ELEMENTS``."""
    limit = max(1, ELEMENTS // x[0].numel())
    return max(part for part in range(1, len(x) + 1) if len(x) % part == 0 and part <= limit)


def _segment_rows(height: int, width: int) -> int:
    """The most rows that divide an image evenly into segments of about ``PIXELS``, 2 at least."""
    limit = min(height, max(2, PIXELS // width))
    return max([rows for rows in range(2, limit + 1) if height % rows == 0] or [height])


def _fill_segments(segments: Tensor, x: Tensor, center: Tensor, above: int) -> None:
    """Cut images into segments of rows, with rows of their neighbours, and center them.

    Args:
        segments: (rows and neighbours', W, N, K, C), to be filled; what no image covers stays.
        x: (N, C, K * rows, W).
        center: (C,).
        above: How many rows come from the segment above, ahead of the own ones; the others behind
            them come from the segment below.
    """
    rows = x.shape[2] // segments.shape[3]
    below = len(segments) - rows - above
    own = x.permute(2, 3, 0, 1).unflatten(0, (-1, rows)).permute(1, 2, 3, 0, 4)
    segments[above : above + rows].copy_(own).sub_(center)
    if above:
        segments[:above, :, :, 1:] = segments[rows : above + rows, :, :, :-1]
    if below:
        segments[above + rows :, :, :, :-1] = segments[above : above + below, :, :, 1:]


def _correlation(one: Tensor, other: Tensor, channels: int, padding: int) -> Tensor:
    """``sum_p one[p] other[p + lag]`` for 3x3 lags, counted from the padding on.

    This is what a 3x3 depthwise convolution calls its weight gradient: a tuned kernel computes it.
    Segments count as channels to it, so that it adds up no more than a segment's pixels.

    Args:
        one: (rows, W', segments * C).
        other: (rows + 2, W, segments * C).
        channels: C.
        padding: Zeros on either side of ``other``'s columns.

    Returns:
        (3, 3, C) float64.
    """
    one, other = (part.unsqueeze(0).permute(0, 3, 1, 2) for part in (one, other))
    groups = one.shape[1]
    weight = one.new_empty(groups, 1, 3, 3)
    options = (1, 1), (0, padding), (1, 1), False, (0, 0), groups, (False, True, False)
    gradient = torch.ops.aten.convolution_backward(one, other, weight, None, *options)[1]
    return gradient.reshape(-1, channels, 9).double().sum(0).T.reshape(3, 3, channels)
