"""Converts every image, in memory or in a file, to the one form that the package works on."""

from __future__ import annotations

from io import BufferedIOBase
from os import PathLike
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike

from pfld_mm.core.exif import turn_upright
from pfld_mm.core.image_header import ImageHeader
from pfld_mm.core.image_kind import image_kind
from pfld_mm.core.image_size import MAX_PIXELS, check_size
from pfld_mm.core.pillow_image import decode_with_pillow, from_pillow, is_pillow_image
from pfld_mm.core.pixels import as_uint8
from pfld_mm.core.text import short

UNSIZED = ('AVIF', 'HEIF')
"""Kinds whose header is Pillow's matter: it tells the size before it decodes."""
KINDS = 'JPEG, PNG, WebP, BMP, TIFF, GIF'
REDUCED_FLAGS = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


def is_image(path: str | Path) -> bool:
    """Whether a file is an image by its first bytes, whatever its name; False if it is missing."""
    try:
        if not Path(path).is_file():
            return False
        with open(path, 'rb') as file:
            return image_kind(file.read(32)) is not None
    except OSError:
        return False


def read_image(path: str | Path, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read an image file as (H, W, 3) uint8 BGR, upright, by its content and not by its name.

    Args:
        path: The file.
        max_pixels: Larger images are refused before they are decoded.

    Raises:
        FileNotFoundError: If it is missing.
        OSError: If it is a folder or cannot be read.
        ValueError: See :func:`decode_image`.
        ImportError: See :func:`decode_image`.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f'{path}: expected an image file, found a folder')
    if not path.exists():
        raise FileNotFoundError(f'{path}: the image does not exist; correct the path')
    if not path.is_file():  # reading from a pipe could block forever
        raise OSError(f'{path}: expected an image file, found a pipe or a device')
    try:
        with path.open('rb') as file:
            data = file.read(32)
            if image_kind(data) is not None:
                data += file.read()
    except OSError as error:
        raise OSError(f'{path}: the image cannot be read ({error.strerror})') from error
    return decode_image(data, str(path), max_pixels)


def decode_image(
    data: bytes, name: str, max_pixels: int = MAX_PIXELS, reduction: int = 1
) -> np.ndarray:
    """Decode the bytes of an image file as (H, W, 3) uint8 BGR, turned upright by its EXIF block.

    16-bit images lose their lower 8 bits, alpha is dropped, an animation gives its first frame.

    Args:
        data: The bytes. What follows the image's end is ignored.
        name: Of the file, for error messages.
        max_pixels: Larger images are refused before they are decoded.
        reduction: 1, 2, 4 or 8: the size to decode at, as a fraction of the image's; JPEG only.

    Raises:
        ValueError: If the bytes are no image, damaged, truncated or too large.
        ImportError: If the image is of a kind that only Pillow can decode, and it is missing.
    """
    header = ImageHeader.parse(data)
    if header is None:
        raise ValueError(
            f'{name}: expected an image ({KINDS}), found '
            + (f'other bytes ({data[:8]!r} ...)' if data else '0 bytes')
            + '; restore the file or leave it out'
        )
    width, height = header.width // reduction, header.height // reduction
    check_size(width, height, name, max_pixels)
    if not header.complete:
        raise ValueError(
            f'{name}: the image is truncated (the end of its {header.kind} data is missing after '
            f'{len(data)} bytes); restore the file or leave it out'
        )
    if header.kind not in UNSIZED and not header.width * header.height:
        raise ValueError(
            f'{name}: its {header.kind} header does not say how large the image is; restore the '
            'file, or convert it to PNG or JPEG'
        )
    # OpenCV reads AVIF from 4.12 on, but does not turn it; it blends the alpha of TIFF with black
    if header.kind in UNSIZED or header.has_alpha:
        return decode_with_pillow(data, header.kind, name, max_pixels)
    flag = REDUCED_FLAGS[reduction]
    if header.kind in ('PNG', 'WebP'):  # OpenCV turns them or not, by its version
        flag |= cv2.IMREAD_IGNORE_ORIENTATION
    image = _decode(data, flag)
    if image is None:
        return decode_with_pillow(data, header.kind, name, max_pixels)
    check_size(image.shape[1], image.shape[0], name, max_pixels)
    return turn_upright(image, header.orientation)


def _decode(data: bytes, flag: int) -> np.ndarray | None:
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    except cv2.error:  # it raises for some files and returns None for others
        return None


def as_bgr(image: ArrayLike | Any) -> np.ndarray:
    """Convert an image to 8-bit BGR, without guessing.

    Args:
        image: (H, W) or (H, W, 1) gray, (H, W, 3) BGR or (H, W, 4) BGRA, as ``cv2.imread`` gives
            them. uint8; uint16 (0..65535, divided by 257); or float (0..1). Strides of any kind,
            read-only arrays too. Alpha is dropped, not blended. Or a PIL image, which knows its
            own colors; it is not turned by its EXIF block, so that points fit its pixels.

    Returns:
        (H, W, 3) uint8; a view of ``image`` where it is one already.

    Raises:
        ValueError: if ``image`` is None, has no pixels, another shape, another dtype, or floats
            outside 0..1.
    """
    if image is None:
        raise ValueError('the image is None: cv2.imread gives that for a file it cannot read')
    if isinstance(image, str | bytes | PathLike | BufferedIOBase):
        raise ValueError(
            f'expected the pixels of an image, found {short(image)}; read a file with cv2.imread '
            'or pfld_mm.core.image.read_image, bytes with decode_image'
        )
    image = from_pillow(image) if is_pillow_image(image) else np.asarray(image)
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or channels not in (1, 3, 4):
        raise ValueError(
            'expected an image of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), '
            f'found {image.shape}'
        )
    if image.size == 0:
        raise ValueError(f'the image has no pixels: its shape is {image.shape}')
    if image.ndim == 2:
        image = image[..., None]
    image = as_uint8(image[..., :3])
    return np.repeat(image, 3, axis=2) if channels == 1 else image
