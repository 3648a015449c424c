from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pfld_mm.core.image import read_image


@lru_cache(maxsize=4096)
def image_shape(path: Path) -> tuple[int, int]:
    """(H, W) of an image as training will read it: turned as its EXIF says.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no image, damaged or too large.
        ImportError: If a package that reads its kind is missing.
    """
    height, width = read_image(path).shape[:2]
    return height, width
