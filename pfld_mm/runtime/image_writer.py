"""Writes images to files of any name."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def can_write(path: Path) -> bool:
    """Whether OpenCV writes images of this name's ending."""
    suffix = path.suffix
    if not suffix or not suffix.isascii():
        return False
    try:
        return cv2.haveImageWriter(f'image{suffix}')
    except cv2.error:  # OpenEXR, which is switched off by default
        return False


def write_image(path: Path, image: np.ndarray) -> None:
    """Write an image (H, W, 3) uint8 BGR; its folder is made.

    Raises:
        OSError: If it cannot be written.
    """
    data = _encoded(path, image)
    if data is None:
        raise OSError(f'{path}: cannot be written; name a .jpg or .png file in a writable folder')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # not by OpenCV: a name that is no UTF-8 ends its process
        path.write_bytes(data)
    except OSError as error:
        raise OSError(
            f'{path}: cannot be written ({error.strerror}); name a file in a writable folder'
        ) from error


def _encoded(path: Path, image: np.ndarray) -> bytes | None:
    if not can_write(path):
        return None
    try:
        good, data = cv2.imencode(path.suffix, image)
    except cv2.error:  # a kind that takes no color, or no image of this size
        return None
    return data.tobytes() if good else None
