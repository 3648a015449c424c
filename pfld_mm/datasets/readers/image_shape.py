from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2


@lru_cache(maxsize=4096)
def image_shape(path: Path) -> tuple[int, int] | None:
    """(H, W) of an image as it is decoded, turned as its EXIF says; None where it is none."""
    try:
        image = cv2.imread(str(path))
    except cv2.error:  # larger than OpenCV decodes
        return None
    return None if image is None else (image.shape[0], image.shape[1])
