"""The letterbox for puzzles (numpy and OpenCV only), training's and the device's.

In the network's input the center of pixel i is at i + 0.5, so that cells and crops begin at whole
numbers. In the image it is at i, as everywhere in mmpose.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Letterbox:
    """An image fitted into the network's input.

    Attributes:
        image: (h, w, 4) uint8, BGR and the mask of valid pixels x 255.
        zoom: Input pixels per image pixel.
        corner: (2,) where the input's corner is, in pixels from the image's corner; negative where
            it is padded.
    """

    image: np.ndarray
    zoom: float
    corner: np.ndarray

    @classmethod
    def fit(
        cls, image: np.ndarray, size: tuple[int, int], padding: float = 1.0, border_value: int = 0
    ) -> Letterbox:
        """Fit an image in, in the middle, keeping its aspect.

        Args:
            image: (H, W, 3) uint8 BGR.
            size: (w, h) of the input in pixels.
            padding: Extent of what is fitted in, in extents of the image.
            border_value: Gray level of the padding.
        """
        height, width = image.shape[:2]
        # MMPose keeps boxes as float32
        box = np.array([width, height], np.float32)
        extent = (box * padding).astype(np.float64)
        zoom = float((size / extent).min())
        corner = (box * 0.5).astype(np.float64) - np.array(size) / zoom / 2
        fitted, _ = fit_pixels(np.ascontiguousarray(image), zoom, corner, size, border_value)
        return cls(fitted, zoom, corner)

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) of the input in pixels of the image, the center of pixel 0 at 0."""
        return np.asarray(points, np.float64) / self.zoom + self.corner - 0.5


def fit_pixels(
    image: np.ndarray, zoom: float, corner: np.ndarray, size: tuple[int, int], border_value: int
) -> tuple[np.ndarray, np.ndarray]:
    """Resample so that ``input = (image - corner) * zoom``, both counted from their corners.

    Args:
        image: (H, W, 3) uint8.
        zoom: Input pixels per image pixel.
        corner: (2,) where the input's corner is, in pixels from the image's corner.
        size: (w, h) of the input in pixels.
        border_value: Gray level of the padding.

    Returns:
        (h, w, 4) uint8, the image and its mask x 255; and the mask (h, w) float32, the part of
        each input pixel that the image covers.
    """
    mask = coverage((image.shape[1], image.shape[0]), zoom, corner, size)
    fitted = cv2.cvtColor(_warp(image, zoom, corner, size), cv2.COLOR_BGR2BGRA)  # a mask of 255
    if mask.min() < 1:
        fitted[mask == 0, :3] = border_value
        # Rounded up: a pixel that is part image is never taken for padding.
        fitted[..., 3] = np.ceil(mask * 255)
    return fitted, mask


def _warp(image: np.ndarray, zoom: float, corner: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """``input = (image - corner) * zoom``, (h, w, 3)."""
    factors = np.array([zoom, zoom])
    if zoom < 0.5:  # the bilinear warp reads 2 x 2 pixels only: average first
        height, width = image.shape[:2]
        small = (max(1, round(width * zoom)), max(1, round(height * zoom)))
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        factors = zoom * np.array([width, height]) / small
    # cv2.warpAffine counts from pixel centers
    shift = 0.5 * factors - 0.5 - corner * zoom
    matrix = np.array([[factors[0], 0, shift[0]], [0, factors[1], shift[1]]])
    return cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def coverage(
    lengths: tuple[int, int], zoom: float, corner: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """The part of each input pixel that the image covers, (h, w) float32 in [0, 1]."""
    coverages = []
    for pixels, length, start in zip(size, lengths, corner, strict=True):
        left = np.arange(pixels)
        coverage = np.minimum(left + 1, (length - start) * zoom) - np.maximum(left, -start * zoom)
        coverages.append(np.where(coverage > 1e-6, np.minimum(coverage, 1), 0))
    return np.outer(coverages[1], coverages[0]).astype(np.float32)
