"""A small image, stored by Pillow in files of every kind."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, features

BGR = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8), (0, 0), 3)
RGB = Image.fromarray(BGR[..., ::-1])
KINDS = ['JPEG', 'PNG', 'WEBP', 'TIFF', 'BMP', 'GIF', 'JPEG2000', 'PPM']
needs_avif = pytest.mark.skipif(not features.check('avif'), reason='this Pillow has no AVIF')
AVIF = pytest.param('AVIF', marks=needs_avif)


def stored(kind, image=RGB, **options):
    """The bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def difference(first, second=BGR):
    """The mean difference of two images of one shape."""
    assert first.shape == second.shape and first.dtype == np.uint8
    return np.abs(first.astype(int) - second).mean()


def tiff_block(order, orientation):
    """What EXIF holds: a TIFF header and a directory of width and orientation."""

    def short(value):
        return value.to_bytes(2, order)

    start = (b'II' if order == 'little' else b'MM') + short(42) + (8).to_bytes(4, order) + short(2)
    entries = [
        short(tag) + short(3) + (1).to_bytes(4, order) + short(value) + short(0)
        for tag, value in ((0x0100, 47), (0x0112, orientation))
    ]
    return start + b''.join(entries)
