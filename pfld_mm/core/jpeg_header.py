from __future__ import annotations

import re
from dataclasses import dataclass

from pfld_mm.core.exif import exif_orientation

START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
START_OF_SCAN, END_OF_IMAGE, EXIF = 0xDA, b'\xff\xd9', 0xE1
ALONE = {0x01, *range(0xD0, 0xD9)}
"""Markers without a length: TEM, RST0 to RST7 and SOI."""
MARKER = re.compile(rb'\xff+([^\x00\xff])')
"""What decoders look for after a segment: they pass over stray bytes and fill bytes."""


@dataclass
class JpegHeader:
    """What the bytes of a JPEG say before it is decoded (ITU-T T.81, annex B).

    Attributes:
        width: width in pixels as stored, before any rotation by EXIF.
        height: height in pixels as stored.
        turned: whether its EXIF block asks to turn or mirror it, which OpenCV does.
        complete: whether the end-of-image marker follows the image's data. OpenCV decodes a
            truncated file without an error and fills the rest with gray.
    """

    width: int
    height: int
    turned: bool
    complete: bool

    @classmethod
    def parse(cls, data: bytes) -> JpegHeader | None:
        """Read the header of a JPEG file; None if the bytes are no JPEG with a scan."""
        if data[:2] != b'\xff\xd8':
            return None
        width = height = 0
        turned = False
        position = 2
        while found := MARKER.search(data, position):
            marker, position = found[1][0], found.end()
            if marker in ALONE:
                continue
            if marker == START_OF_SCAN:
                # 0xFF is stuffed within the scan, so these two bytes are the marker itself.
                complete = data.rfind(END_OF_IMAGE, position) >= 0
                return cls(width, height, turned, complete)
            if marker in START_OF_FRAME:
                height = int.from_bytes(data[position + 3 : position + 5], 'big')
                width = int.from_bytes(data[position + 5 : position + 7], 'big')
            end = position + max(2, int.from_bytes(data[position : position + 2], 'big'))
            if marker == EXIF:
                turned |= _asks_to_turn(data[position + 2 : end])
            position = end
        return None


def _asks_to_turn(block: bytes) -> bool:
    """Whether an EXIF block (TIFF 6.0, first directory) names another orientation than 1."""
    if not block.startswith(b'Exif\0\0'):
        return False  # XMP, in the same kind of block
    return exif_orientation(block[6:]) != 1
