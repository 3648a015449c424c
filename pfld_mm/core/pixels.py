from __future__ import annotations

import numpy as np


def as_uint8(image: np.ndarray) -> np.ndarray:
    """Pixels of any usual range as 0..255.

    Args:
        image: uint8; uint16 (0..65535, divided by 257); or float (0..1).

    Raises:
        ValueError: If it has another dtype, or floats outside 0..1.
    """
    if image.dtype == np.uint8:
        return image
    if image.dtype.kind == 'u' and image.dtype.itemsize == 2:
        return np.rint(image.astype(np.float32) / 257).astype(np.uint8)
    if image.dtype.kind == 'f':
        low, high = float(image.min()), float(image.max())
        if not (low >= 0 and high <= 1):  # also False for NaN
            raise ValueError(
                f'a float image must lie in 0..1, found {low:g}..{high:g}; divide it, or '
                'convert it to uint8'
            )
        return np.rint(image.astype(np.float32) * 255).astype(np.uint8)
    raise ValueError(f'expected an image of uint8, uint16 or float, found {image.dtype}')
