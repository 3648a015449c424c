"""A folder of photos as backgrounds."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from pathlib import Path

import cv2
import numpy as np

from pfld_mm.core.image import KINDS, read_image
from pfld_mm.core.image_files import image_files


class PhotoFolder:
    """The photos of a folder and its subfolders, read when needed, a few kept in memory.

    Args:
        folder: Folder with photos.
        kept: How many decoded photos to keep.

    Raises:
        FileNotFoundError: The folder does not exist or holds no photo.
    """

    def __init__(self, folder: str | Path, kept: int = 48) -> None:
        self.folder = Path(folder)
        self.kept = kept
        if not self.folder.is_dir():
            raise FileNotFoundError(f'photos: {self.folder} is not a folder')
        self.files = image_files(self.folder, recursive=True)
        if not self.files:
            raise FileNotFoundError(f'photos: no image ({KINDS}) in {self.folder}')
        self._cache: OrderedDict[Path, np.ndarray | None] = OrderedDict()

    def __getstate__(self) -> dict:
        """Workers get the list of files, not the decoded photos."""
        return {**self.__dict__, '_cache': OrderedDict()}

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """A random photo (H, W, 3) BGR uint8; unreadable ones are reported and passed over.

        Raises:
            ValueError: No photo of the folder can be read.
        """
        start = int(rng.integers(len(self.files)))
        for step in range(len(self.files)):
            photo = self._read(self.files[(start + step) % len(self.files)])
            if photo is not None:
                return photo
        raise ValueError(f'photos: none of the {len(self.files)} in {self.folder} can be read')

    def _read(self, path: Path) -> np.ndarray | None:
        if path in self._cache:
            self._cache.move_to_end(path)
            return self._cache[path]
        photo = None
        try:
            photo = read_image(path)
            if min(photo.shape[:2]) < 32:
                warnings.warn(f'photos: {path} is tiny, passed over', stacklevel=3)
                photo = None
        except (OSError, ValueError, ImportError) as error:
            warnings.warn(f'photos: passed over: {error}', stacklevel=3)
        self._cache[path] = photo
        if len(self._cache) > self.kept:
            self._cache.popitem(last=False)
        return photo


def random_view(rng: np.random.Generator, photo: np.ndarray, width: int, height: int) -> np.ndarray:
    """A random crop of `photo` at the aspect wanted, mirrored and recolored at random."""
    rows, columns = photo.shape[:2]
    max_zoom = min(columns / width, rows / height)
    zoom = max_zoom * rng.uniform(0.45, 1.0)
    wide, tall = max(1, int(width * zoom)), max(1, int(height * zoom))
    left = int(rng.integers(columns - wide + 1))
    top = int(rng.integers(rows - tall + 1))
    crop = photo[top : top + tall, left : left + wide]
    way = cv2.INTER_AREA if zoom > 1 else cv2.INTER_CUBIC
    view = cv2.resize(crop, (width, height), interpolation=way)
    if rng.random() < 0.5:
        view = cv2.flip(view, 1)
    if rng.random() < 0.05:
        view = cv2.flip(view, 0)
    return recolor(rng, view) if rng.random() < 0.6 else view


def recolor(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Shift the white balance, hue and saturation of a BGR image."""
    if rng.random() < 0.5:
        gains = np.exp(rng.normal(0, 0.12, 3))
        table = np.arange(256)[:, None] * gains
        table = np.clip(table, 0, 255).astype(np.uint8).reshape(1, 256, 3)
        return cv2.LUT(image, table)
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    levels = np.arange(256)
    hue = (levels + int(rng.integers(180 if rng.random() < 0.3 else 12))) % 180
    saturation = np.clip(levels * rng.uniform(0.4, 1.6), 0, 255)
    table = np.stack([hue, saturation, levels], axis=1).astype(np.uint8).reshape(1, 256, 3)
    return cv2.cvtColor(cv2.LUT(hsv, table), cv2.COLOR_HSV2BGR)
