"""The affine crop of a face, the same code in training and on the device (numpy and OpenCV only).

Pixel convention: MMPose's. The center of the box lands on ``(w / 2, h / 2)`` of the crop, the
center of pixel (0, 0) is the coordinate (0, 0), angles are degrees in image axes (y down).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np


def crop_matrix(
    center: Sequence[float], scale: Sequence[float], rotation_deg: float, size: tuple[int, int]
) -> np.ndarray:
    """The matrix that takes image coordinates to crop coordinates.

    Equal to MMPose's ``get_warp_matrix`` (its width decides the scale, the aspect ratio is kept),
    in closed form and float64: ``s R(-rotation) (x - center) + size / 2``, s = w / scale_w.

    Args:
        center: center (x, y) of the box in image pixels.
        scale: width and height of the box in image pixels, padding included.
        rotation_deg: angle of the box in the image; the crop shows it upright.
        size: width and height of the crop in pixels.

    Returns:
        (2, 3) float64.

    Raises:
        ValueError: if the box has no extent or a value is not finite.
    """
    numbers = np.array([*center, scale[0], scale[1], rotation_deg], np.float64)
    if not np.isfinite(numbers).all() or scale[0] <= 0 or scale[1] <= 0:
        raise ValueError(
            f'cannot crop the box with center {tuple(center)}, width and height {tuple(scale)}, '
            f'rotation {rotation_deg}: width and height must be positive and all numbers finite'
        )
    factor = size[0] / float(scale[0])
    angle = np.deg2rad(float(rotation_deg))
    cos, sin = factor * np.cos(angle), factor * np.sin(angle)
    linear = np.array([[cos, sin], [-sin, cos]])
    shift = np.array(size, np.float64) / 2 - linear @ np.array(center, np.float64)
    return np.column_stack([linear, shift])


def crop(image: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Cut the region that ``matrix`` maps to ``(0, 0, *size)`` out of an image.

    Bilinear, black outside the image. An image that is reduced by 2 or more is averaged over
    n x n pixels first (n the integer part of the reduction), only where the crop needs it:
    bilinear sampling alone would read four pixels of every n x n and alias.

    Args:
        image: (H, W, 3) uint8, any strides; it is not copied as a whole.
        matrix: (2, 3) from image to crop coordinates, see ``crop_matrix``.
        size: width and height of the crop in pixels.

    Returns:
        (h, w, 3) uint8, contiguous.
    """
    matrix = np.asarray(matrix, np.float64)
    reduction = 1.0 / np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    factor = max(1, int(reduction + 1e-6))
    x0, y0, x1, y1 = _needed_region(image, matrix, size, margin=2 * factor)
    if x0 >= x1 or y0 >= y1:
        return np.zeros((size[1], size[0], 3), np.uint8)
    region = np.ascontiguousarray(image[y0:y1, x0:x1])
    if factor > 1:
        region = _area_average(region, factor)
    # A pixel j of the averaged region stands for the coordinate factor * j + (factor - 1) / 2.
    offset = np.array([x0, y0], np.float64) + (factor - 1) / 2
    adjusted = np.column_stack(
        [matrix[:, :2] * factor, matrix[:, :2] @ offset + matrix[:, 2]],
    )
    return cv2.warpAffine(region, adjusted, size, flags=cv2.INTER_LINEAR)


def _needed_region(
    image: np.ndarray, matrix: np.ndarray, size: tuple[int, int], margin: int
) -> tuple[int, int, int, int]:
    """Bounding box (x0, y0, x1, y1) of the crop's pixels in the image, clipped to it."""
    inverse = cv2.invertAffineTransform(matrix)
    corners = np.array([[0, 0, 1], [size[0], 0, 1], [0, size[1], 1], [*size, 1]], np.float64)
    points = corners @ inverse.T
    low = np.floor(points.min(0)) - margin
    high = np.ceil(points.max(0)) + margin
    limit = np.array([image.shape[1], image.shape[0]], np.float64)
    x0, y0 = np.clip(low, 0, limit).astype(int)
    x1, y1 = np.clip(high, 0, limit).astype(int)
    return x0, y0, x1, y1


def _area_average(region: np.ndarray, factor: int) -> np.ndarray:
    """Means over factor x factor pixels; what the last cells lack is black, like the border."""
    height, width = region.shape[:2]
    bottom, right = -height % factor, -width % factor
    if bottom or right:
        region = cv2.copyMakeBorder(region, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=0)
    cells = (region.shape[1] // factor, region.shape[0] // factor)
    return cv2.resize(region, cells, interpolation=cv2.INTER_AREA)
