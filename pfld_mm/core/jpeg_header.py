from __future__ import annotations

from dataclasses import dataclass

from pfld_mm.core.exif import exif_orientation

START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
START_OF_SCAN, END_OF_IMAGE, EXIF = 0xDA, b'\xff\xd9', 0xE1


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
        while position + 4 <= len(data) and data[position] == 0xFF:
            marker = data[position + 1]
            if marker == 0xFF:  # a fill byte
                position += 1
                continue
            if marker == START_OF_SCAN:
                # 0xFF is stuffed within the scan, so these two bytes are the marker itself.
                complete = data.rfind(END_OF_IMAGE, position) >= 0
                return cls(width, height, turned, complete)
            if marker in START_OF_FRAME:
                height = int.from_bytes(data[position + 5 : position + 7], 'big')
                width = int.from_bytes(data[position + 7 : position + 9], 'big')
            end = position + 2 + int.from_bytes(data[position + 2 : position + 4], 'big')
            if marker == EXIF:
                turned |= _asks_to_turn(data[position + 4 : end])
            position = end
        return None


def _asks_to_turn(block: bytes) -> bool:
    """Whether an EXIF block (TIFF 6.0, first directory) names another orientation than 1."""
    if not block.startswith(b'Exif\0\0'):
        return False  # XMP, in the same kind of block
    return exif_orientation(block[6:]) != 1
