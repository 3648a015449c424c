"""Brings every kind of picture into the one form that the predictors work on."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def as_bgr(image: ArrayLike) -> np.ndarray:
    """Convert a picture to 8-bit BGR, without guessing.

    Args:
        image: (H, W) or (H, W, 1) grey, (H, W, 3) BGR or (H, W, 4) BGRA, as ``cv2.imread`` gives
            them. uint8; uint16 (0..65535, divided by 257); or float (0..1). Strides of any kind,
            read-only arrays too. Alpha is dropped, not blended.

    Returns:
        (H, W, 3) uint8; a view of ``image`` where it is one already.

    Raises:
        ValueError: if ``image`` is None, has no pixels, another shape, another dtype, or floats
            outside 0..1.
    """
    if image is None:
        raise ValueError('the picture is None: cv2.imread gives that for a file it cannot read')
    image = np.asarray(image)
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or channels not in (1, 3, 4):
        raise ValueError(
            'expected a picture of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), '
            f'found {image.shape}'
        )
    if image.size == 0:
        raise ValueError(f'the picture has no pixels: its shape is {image.shape}')
    if image.ndim == 2:
        image = image[..., None]
    image = _as_uint8(image[..., :3])
    return np.repeat(image, 3, axis=2) if channels == 1 else image


def _as_uint8(image: np.ndarray) -> np.ndarray:
    if image.dtype == np.uint8:
        return image
    if image.dtype.kind == 'u' and image.dtype.itemsize == 2:
        return np.rint(image.astype(np.float32) / 257).astype(np.uint8)
    if image.dtype.kind == 'f':
        low, high = float(image.min()), float(image.max())
        if not (low >= 0 and high <= 1):  # also False for NaN
            raise ValueError(
                f'a float picture must lie in 0..1, found {low:g}..{high:g}; divide it, or '
                'convert it to uint8'
            )
        return np.rint(image.astype(np.float32) * 255).astype(np.uint8)
    raise ValueError(f'expected a picture of uint8, uint16 or float, found {image.dtype}')
