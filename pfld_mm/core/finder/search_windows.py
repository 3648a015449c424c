"""Where a finder looks in an image: the whole at a limited size, and tiles for small faces."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

SMALLEST = 14.0
"""Longer side, in input pixels, of the smallest box that the network finds well."""
OVERLAP = 0.25
"""Overlap of neighboring tiles, in sides of a tile: a face up to that size is whole in one tile."""
PADDING = 127.5
"""Gray of the padding: 0 after the network's normalization."""


@dataclass(frozen=True)
class SearchWindow:
    """A part of the image and the scale at which it is searched.

    Attributes:
        corner: (x, y) of its first pixel.
        end: (x, y) behind its last pixel.
        size: (w, h) in input pixels.
    """

    corner: tuple[int, int]
    end: tuple[int, int]
    size: tuple[int, int]

    def input(self, image: np.ndarray, multiple: int = 32) -> np.ndarray:
        """The network's input.

        Args:
            image: (H, W, 3) uint8.
            multiple: Height and width are padded to multiples of this.

        Returns:
            (1, 3, h, w) float32, 0..255, padded at the right and below.
        """
        part = self.reduced(image)
        width, height = (-(-side // multiple) * multiple for side in self.size)
        tensor = np.empty((1, 3, height, width), np.float32)
        tensor[..., self.size[0] :] = tensor[:, :, self.size[1] :] = PADDING
        for plane, values in zip(tensor[0], cv2.split(part), strict=True):
            plane[: self.size[1], : self.size[0]] = values
        return tensor

    def reduced(self, image: np.ndarray) -> np.ndarray:
        """The part of an image (H, W, 3) uint8 at ``size``, (h, w, 3)."""
        part = image[self.corner[1] : self.end[1], self.corner[0] : self.end[0]]
        return _resized(np.ascontiguousarray(part), self.size)

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) of the input in image pixels; integers are pixel centers in both."""
        zoom = np.array(self.size) / np.subtract(self.end, self.corner)
        return ((points + 0.5) / zoom - 0.5 + self.corner).astype(np.float32)

    def whole(self, boxes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Which boxes (F, 4) in image pixels are not cut by a side that lies inside the image."""
        margin = 2.0
        inner_low = np.array(self.corner) > 0
        inner_high = np.array(self.end) < shape[1::-1]
        cut = (boxes[:, :2] < np.array(self.corner) + margin) & inner_low
        cut |= (boxes[:, 2:] > np.array(self.end) - margin) & inner_high
        return ~np.asarray(cut.any(axis=1))


def search_windows(
    shape: tuple[int, ...], max_side: int, min_face: float | None = None
) -> list[SearchWindow]:
    """The whole image at ``max_side`` and, where that is too coarse for ``min_face``, tiles.

    Args:
        shape: (H, W, ...) of the image.
        max_side: Longer side of every input in pixels; the image is not enlarged for it.
        min_face: Longer side in image pixels of the smallest face to be found; None: the whole
            image alone. Below ``SMALLEST`` the image is enlarged, at most twice.
    """
    height, width = shape[:2]
    zoom = min(1.0, max_side / max(height, width))
    windows = [_window(0, 0, width, height, zoom)]
    needed = zoom if min_face is None else min(SMALLEST / min_face, 2.0)
    if needed <= zoom * 1.05:
        return windows
    side = max_side / needed
    for y0, y1 in _steps(height, side):
        for x0, x1 in _steps(width, side):
            windows.append(_window(x0, y0, x1, y1, needed))
    return windows


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The image at (w, h), averaged where it shrinks."""
    if image.shape[1::-1] == size:
        return image
    ratio = image.shape[1] / size[0]
    if ratio > 4:
        # Averaging 20 megapixels takes ten times as long as the network. Bilinear samples of every
        # third of an input pixel read almost as many pixels.
        image = cv2.resize(image, (size[0] * 3, size[1] * 3), interpolation=cv2.INTER_LINEAR)
    method = cv2.INTER_AREA if ratio > 1 else cv2.INTER_LINEAR
    return cv2.resize(image, size, interpolation=method)


def _window(x0: int, y0: int, x1: int, y1: int, zoom: float) -> SearchWindow:
    size = (max(1, round((x1 - x0) * zoom)), max(1, round((y1 - y0) * zoom)))
    return SearchWindow((x0, y0), (x1, y1), size)


def _steps(length: int, side: float) -> list[tuple[int, int]]:
    """Evenly spread, overlapping parts of at most ``side`` pixels that cover a length."""
    if length <= side:
        return [(0, length)]
    count = int(np.ceil((length - side * OVERLAP) / (side * (1 - OVERLAP))))
    starts = np.round(np.linspace(0, length - side, count)).astype(int)
    return [(int(start), min(length, int(start + side))) for start in starts]
