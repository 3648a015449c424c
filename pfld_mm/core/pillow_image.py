"""Images of Pillow, and files that only Pillow can decode; it is imported where it is needed."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from pfld_mm.core.image_size import TooLargeError, check_size
from pfld_mm.core.pixels import as_uint8

NEEDS = {'AVIF': 'pillow>=11.3', 'GIF': 'pillow', 'TIFF': 'pillow'}
"""Kinds that Pillow decodes where OpenCV may not -> what to install."""


def is_pillow_image(image: Any) -> bool:
    """Whether it is a PIL image, told without importing PIL."""
    return any(base.__module__ == 'PIL.Image' for base in type(image).__mro__)


def from_pillow(image: Any) -> np.ndarray:
    """A PIL image as an array: BGR for the modes with 8 bits; (H, W) for I and F.

    Raises:
        ValueError: If a 32-bit integer image exceeds 16 bits.
    """
    if image.mode == 'F' or image.mode.startswith('I'):
        array = np.asarray(image)
        if array.dtype.kind == 'i':
            if array.size and not 0 <= array.min() <= array.max() <= 65535:
                raise ValueError(
                    'expected a PIL image of mode I within 0..65535, found '
                    f'{array.min()}..{array.max()}; convert it to mode L or RGB'
                )
            array = array.astype(np.uint16)
        return array
    return np.ascontiguousarray(np.asarray(image.convert('RGB'))[..., ::-1])


def decode_with_pillow(data: bytes, kind: str, name: str, max_pixels: int) -> np.ndarray:
    """Decode what OpenCV did not: (H, W, 3) uint8 BGR, the first frame, upright.

    Args:
        data: Bytes of the file.
        kind: Of the image, see ``ImageHeader``.
        name: Of the file, for error messages.
        max_pixels: Larger images are refused before they are decoded.

    Raises:
        ValueError: If Pillow cannot decode it, or it is too large.
        ImportError: If Pillow could decode this kind, but is not installed.
    """
    if kind not in NEEDS:
        raise ValueError(
            f'{name}: expected an image, found {len(data)} bytes of {kind} that OpenCV cannot '
            'decode; restore the file, or convert it to PNG or JPEG'
        )
    try:
        from PIL import Image, ImageOps, features
    except ImportError:
        raise ImportError(_advice(name, kind)) from None
    if kind == 'AVIF' and not features.check('avif'):
        raise ImportError(_advice(name, kind))
    try:
        with Image.open(io.BytesIO(data)) as image:
            check_size(image.width, image.height, name, max_pixels)
            upright = ImageOps.exif_transpose(image)
            upright.load()
    except TooLargeError:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise ValueError(
            f'{name}: expected an image, found {len(data)} bytes of {kind} that Pillow cannot '
            f'decode ({error}); restore the file, or convert it to PNG or JPEG'
        ) from None
    return _bgr8(upright, name)


def _bgr8(image: Any, name: str) -> np.ndarray:
    if image.mode == 'I':
        raise ValueError(
            f'{name}: its pixels are integers of 32 bits, whose range the file does not tell; '
            'convert it to 8 or 16 bits'
        )
    array = from_pillow(image)
    if array.dtype.kind == 'f':
        try:
            array = as_uint8(array)
        except ValueError as error:
            raise ValueError(f'{name}: {error}') from None
    elif array.ndim == 2:
        array = array >> 8
    if array.ndim == 2:
        array = np.repeat(array.astype(np.uint8)[..., None], 3, axis=2)
    return array


def _advice(name: str, kind: str) -> str:
    return (
        f'{name}: this OpenCV cannot decode {kind} images: pip install "{NEEDS[kind]}", or convert '
        'the image to PNG or JPEG'
    )
