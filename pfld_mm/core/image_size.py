"""How large an image may be."""

from __future__ import annotations

MAX_PIXELS = 120_000_000
"""Default limit; decoded, so many pixels take 360 MB. While they are decoded it is twice as much,
with AVIF, HDR, JPEG 2000 and float TIFF up to six times."""


class TooLargeError(ValueError):
    """An image has more pixels than it may have."""


def check_size(width: int, height: int, name: str, max_pixels: int) -> None:
    """Refuse an image that is too large.

    Raises:
        TooLargeError: If it has more than ``max_pixels``; says ``name``, size and limit.
    """
    if width * height > max_pixels:
        raise TooLargeError(
            f'{name}: the image has {width} x {height} pixels, more than the limit of '
            f'{max_pixels:,}; reduce it, or raise max_pixels (--max-pixels)'
        )
