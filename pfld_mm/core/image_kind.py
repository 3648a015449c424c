"""What kind of image a file is, by its first bytes."""

from __future__ import annotations

import re

_BRANDS = {b'avif': 'AVIF', b'avis': 'AVIF'} | dict.fromkeys(
    (b'heic', b'heix', b'hevc', b'heim', b'heis', b'mif1', b'msf1', b'miaf'), 'HEIF'
)
_DIB_SIZES = {12, 40, 52, 56, 64, 108, 124}
_STARTS = {
    b'\xff\xd8\xff': 'JPEG',
    b'\x89PNG\r\n\x1a\n': 'PNG',
    b'GIF87a': 'GIF',
    b'GIF89a': 'GIF',
    b'II*\0': 'TIFF',
    b'MM\0*': 'TIFF',
    b'II+\0': 'TIFF',
    b'MM\0+': 'TIFF',
    b'\0\0\0\x0cjP  \r\n\x87\n': 'JPEG 2000',
    b'\xff\x4f\xff\x51': 'JPEG 2000',
    b'#?RADIANCE': 'HDR',
    b'#?RGBE': 'HDR',
}


def image_kind(data: bytes) -> str | None:
    """``'JPEG'``, ``'PNG'``, ``'WebP'`` ... by the first 32 bytes; None for anything else."""
    for start, kind in _STARTS.items():
        if data.startswith(start):
            return kind
    if data[:2] == b'BM' and int.from_bytes(data[14:18], 'little') in _DIB_SIZES:
        return 'BMP'
    if data[:4] == b'RIFF' and data[8:12] == b'WEBP':
        return 'WebP'
    if data[4:8] == b'ftyp':  # also the start of a video
        brands = [data[8:12], *(data[i : i + 4] for i in range(16, 32, 4))]
        kinds = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
        return 'AVIF' if 'AVIF' in kinds else kinds[0] if kinds else None
    return 'PNM' if re.match(rb'P[1-7]\s', data) else None
