from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

from pfld_mm.core.exif import exif_orientation
from pfld_mm.core.image_kind import image_kind
from pfld_mm.core.jpeg_header import JpegHeader

_TIFF_INTEGERS = {3: 'H', 4: 'I', 16: 'Q'}


@dataclass(frozen=True)
class ImageHeader:
    """What the bytes of an image file say before it is decoded; the file's name does not count.

    Attributes:
        kind: ``'JPEG'``, ``'PNG'``, ``'GIF'``, ``'BMP'``, ``'WebP'``, ``'TIFF'``, ``'AVIF'``, ...
        width: in pixels as stored, before any rotation; 0 where the header is not understood.
        height: in pixels, likewise.
        orientation: EXIF's, 1 to 8, of PNG and WebP; 1 for the other kinds.
        complete: whether the image's end is there (JPEG, PNG; True for the other kinds). Decoders
            may fill up a truncated file without an error. Bytes after the end do no harm.
        has_alpha: whether a TIFF has samples beside its colors; False for the other kinds.
    """

    kind: str
    width: int = 0
    height: int = 0
    orientation: int = 1
    complete: bool = True
    has_alpha: bool = False

    @classmethod
    def parse(cls, data: bytes) -> ImageHeader | None:
        """Read the header of a file; None if the bytes are no image known here."""
        kind = image_kind(data)
        if kind is None:
            return None
        try:
            return _PARSERS[kind](data) if kind in _PARSERS else cls(kind)
        except (struct.error, IndexError, OverflowError):  # it ends within its header
            return cls(kind, complete=False)


def _jpeg(data: bytes) -> ImageHeader:
    header = JpegHeader.parse(data)
    if header is None:  # it ends before its first scan
        return ImageHeader('JPEG', complete=False)
    return ImageHeader('JPEG', header.width, header.height, complete=header.complete)


def _png(data: bytes) -> ImageHeader:
    """Walk the chunks (length, name, data, checksum) to the one that ends the image."""
    width, height = struct.unpack('>II', data[16:24])
    position, orientation = 8, 1
    while position + 12 <= len(data):
        length, name = struct.unpack('>I4s', data[position : position + 8])
        if name == b'IEND':
            return ImageHeader('PNG', width, height, orientation)
        if name == b'eXIf':
            orientation = exif_orientation(data[position + 8 : position + 8 + length])
        position += 12 + length
    return ImageHeader('PNG', width, height, orientation, complete=False)


def _webp(data: bytes) -> ImageHeader:
    """The first chunk has the size; one named EXIF may have the orientation (RFC 9649)."""
    tag = data[12:16]
    if tag == b'VP8X':
        width, height = (1 + int.from_bytes(data[i : i + 3], 'little') for i in (24, 27))
    elif tag == b'VP8L':
        bits = struct.unpack('<I', data[21:25])[0]
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    else:
        width, height = (size & 0x3FFF for size in struct.unpack('<HH', data[26:30]))
    position, orientation = 12, 1
    while position + 8 <= len(data):
        name, length = struct.unpack('<4sI', data[position : position + 8])
        if name == b'EXIF':
            block = data[position + 8 : position + 8 + length]
            orientation = exif_orientation(block.removeprefix(b'Exif\0\0'))
        position += 8 + length + length % 2
    return ImageHeader('WebP', width, height, orientation)


def _gif(data: bytes) -> ImageHeader:
    return ImageHeader('GIF', *struct.unpack('<HH', data[6:10]))


def _bmp(data: bytes) -> ImageHeader:
    if data[14] == 12:
        return ImageHeader('BMP', *struct.unpack('<HH', data[18:22]))
    width, height = struct.unpack('<ii', data[18:26])  # a negative height: rows from the top
    return ImageHeader('BMP', abs(width), abs(height))


def _tiff(data: bytes) -> ImageHeader:
    """Width, height and further samples are the tags 256, 257 and 338 of the first directory
    (TIFF 6.0, BigTIFF).
    """
    order = '<' if data[:2] == b'II' else '>'
    big = b'+' in data[:4]
    word, number, step = ('Q', 'Q', 20) if big else ('I', 'H', 12)
    (start,) = struct.unpack_from(order + word, data, 8 if big else 4)
    (count,) = struct.unpack_from(order + number, data, start)
    size, has_alpha = {256: 0, 257: 0}, False
    first = start + struct.calcsize(order + number)
    for i in range(first, min(first + step * count, len(data)), step):
        tag, kind = struct.unpack_from(f'{order}HH', data, i)
        has_alpha |= tag == 338
        if tag in size and kind in _TIFF_INTEGERS:
            at = i + 4 + struct.calcsize(order + word)
            (found,) = struct.unpack_from(order + _TIFF_INTEGERS[kind], data, at)
            size[tag] = max(size[tag], found)  # of a repeated tag, readers take one or the other
    return ImageHeader('TIFF', size[256], size[257], has_alpha=has_alpha)


def _pnm(data: bytes) -> ImageHeader:
    """Numbers as text after the tag and comments; PAM (P7) names its own."""
    text = re.sub(rb'#[^\n]*\n', b' ', data[:4096])
    found = (
        re.search(rb'WIDTH\s+(\d{1,9})\s.*?HEIGHT\s+(\d{1,9})\s', text, re.DOTALL)
        if data[:2] == b'P7'
        else re.match(rb'P[1-6]\s+(\d{1,9})\s+(\d{1,9})\s', text)
    )
    return ImageHeader('PNM', *(int(size) for size in found.groups()) if found else (0, 0))


def _jpeg_2000(data: bytes) -> ImageHeader:
    """The box ihdr of a file, or the segment SIZ that begins a codestream (ITU-T T.800)."""
    start = data[:1024].find(b'ihdr')
    if start >= 0:
        height, width = struct.unpack('>II', data[start + 4 : start + 12])
    elif data[:1] == b'\0':  # a file that ends before its header
        return ImageHeader('JPEG 2000', complete=False)
    else:
        width, height = struct.unpack('>II', data[8:16])
    return ImageHeader('JPEG 2000', width, height)


def _hdr(data: bytes) -> ImageHeader:
    found = re.search(rb'\n[-+]Y (\d{1,9}) [-+]X (\d{1,9})\n', data[:4096])
    return ImageHeader('HDR', int(found[2]), int(found[1])) if found else ImageHeader('HDR')


_PARSERS: dict[str, Callable[[bytes], ImageHeader]] = {
    'JPEG': _jpeg,
    'PNG': _png,
    'WebP': _webp,
    'GIF': _gif,
    'BMP': _bmp,
    'TIFF': _tiff,
    'PNM': _pnm,
    'JPEG 2000': _jpeg_2000,
    'HDR': _hdr,
}
