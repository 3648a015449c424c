"""How the products of taps and the gradients of pixels follow from lags, as constant matrices."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

TAPS = (0, 1, 2)
"""All taps along an axis; patches just outside of the output plane see an image with one."""


@lru_cache(maxsize=256)
def lag_matrix(
    rows: tuple[int, ...],
    columns: tuple[int, ...],
    device: torch.device,
    stride: int = 1,
    phase: tuple[int, int] = (0, 0),
) -> Tensor:
    """1 where tap u of a 3x3 patch lies ``u - t`` from a tap t that sees a pixel of ``phase``.

    Args:
        rows: The rows of taps that see the image: ``TAPS`` or one of them.
        columns: Likewise.
        device: Where the matrix shall be.
        stride: Of the patches along an axis with all taps.
        phase: Which pixels, ``x[top::stride, left::stride]``.

    Returns:
        (81, K) float64: pairs of taps (t, u) against the K places of the window of lags.
    """
    vertical, horizontal = (
        _axis(taps, stride, start) for taps, start in zip((rows, columns), phase, strict=True)
    )
    pairs = torch.einsum('tui,vwj->tvuwij', vertical, horizontal)
    return pairs.reshape(81, -1).to(device)


@lru_cache(maxsize=256)
def window(taps: tuple[int, ...], stride: int, phase: int) -> range:
    """The lags along an axis at which other taps of the same patches lie, and zeros to align them.

    A convolution with that stride and a padding of ``-(first lag + phase)`` puts them in place.
    """
    if len(taps) == 1:
        return range(1)
    if stride == 1:
        return range(-2, 3)
    # An even pixel is seen by the middle tap alone, an odd one by the outer taps.
    return range(-1, 2) if phase == 0 else range(-3, 3)


def _axis(taps: tuple[int, ...], stride: int, phase: int) -> Tensor:
    """1 where tap t sees the pixels and tap u lies at lag i: (3, 3, lags)."""
    lags = window(taps, stride, phase)
    pairs = torch.zeros(3, 3, len(lags), dtype=torch.float64)
    for t in taps:
        if len(taps) == 1 or (phase + 1 - t) % stride == 0:
            for u in taps:
                pairs[t, u, lags.index(u - t)] = 1
    return pairs
