"""Noise fields and colors that procedural backgrounds are made of."""

from __future__ import annotations

import cv2
import numpy as np


def fractal(
    rng: np.random.Generator, width: int, height: int, decay: float, coarsest: int = 2
) -> np.ndarray:
    """Multi-octave noise (H, W) float32 with zero mean and unit variance.

    Args:
        rng: Source of chance.
        width: W.
        height: H.
        decay: Amplitude of an octave against the coarser one before it.
        coarsest: Cells of the first octave along the longer side.
    """
    field, amplitude, cells = np.zeros((1, 1), np.float32), 1.0, coarsest
    while cells < width:
        shape = max(2, round(cells * height / width) + 1), cells + 1
        # Every octave is added at its own size: a quarter of the work of adding them at full size.
        field = cv2.resize(field, shape[::-1], interpolation=cv2.INTER_CUBIC)
        field += amplitude * rng.standard_normal(shape, np.float32)
        amplitude, cells = amplitude * decay, cells * 2
    field = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / (field.std() + 1e-6)


def palette(rng: np.random.Generator, count: int) -> np.ndarray:
    """Colors (count, 3) float32 BGR around one or two hues, from dark to bright."""
    hue = rng.uniform(0, 180) + rng.normal(0, rng.choice((8, 40)), count)
    saturation = np.clip(rng.normal(rng.uniform(10, 150), 35, count), 0, 255)
    value = np.sort(rng.uniform(rng.uniform(10, 120), 255, count))
    hsv = np.stack([hue % 180, saturation, value], axis=1).astype(np.uint8)[None]
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0].astype(np.float32)


def colorise(field: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Color a field of unit variance through a gradient: (H, W, 3) float32."""
    level = np.clip((field + 2.0) * 64, 0, 255).astype(np.uint8)
    stops = np.linspace(0, 255, len(colors))
    table = np.stack([np.interp(np.arange(256), stops, colors[:, k]) for k in range(3)], 1)
    table = np.rint(table).astype(np.uint8).reshape(1, 256, 3)
    return cv2.LUT(cv2.merge([level] * 3), table).astype(np.float32)


def vignette(width: int, height: int, strength: float) -> np.ndarray:
    """Brightness (H, W) float32: 1 in the middle, 1 - strength in the corners."""
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return 1 - strength * (x * x + y * y) / 2
