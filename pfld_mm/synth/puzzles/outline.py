"""A shape sized, turned and placed: exact boxes and anti-aliased masks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pfld_mm.synth.puzzles.shapes import Shape

SUPERSAMPLING = 4
_FIXED_POINT_BITS = 6


@dataclass(frozen=True)
class Patch:
    """The pixel rectangle [left, left + width) x [top, top + height) of an image."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, image: np.ndarray) -> np.ndarray:
        """The part of `image` (H, W, ...) under the patch, as a view."""
        return image[self.top : self.top + self.height, self.left : self.left + self.width]


@dataclass(frozen=True)
class Outline:
    """A shape on the image, in continuous coordinates (pixel centers at integer + 0.5).

    Attributes:
        shape: What was placed.
        size: Length in px that the shape's unit has.
        angle: Rotation in radians that turns +x towards +y (clockwise as seen).
        center: Center (x, y) of the bounding box of the turned shape.
        extent: Width and height of that box.
        contours: The placed contours, each (M, 2).
    """

    shape: Shape
    size: float
    angle: float
    center: tuple[float, float]
    extent: tuple[float, float]
    contours: tuple[np.ndarray, ...]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The bounding box (x1, y1, x2, y2)."""
        (x, y), (width, height) = self.center, self.extent
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    @property
    def pivot(self) -> np.ndarray:
        """Where the unturned shape's box center lands (not `center`, once turned)."""
        turned = self.shape.contours[0] @ rotation(self.angle).T * self.size
        return np.array(self.center) - (turned.max(axis=0) + turned.min(axis=0)) / 2

    def moved(self, center: tuple[float, float]) -> Outline:
        """The same outline with its box centerd on `center`."""
        shift = np.subtract(center, self.center)
        contours = tuple(contour + shift for contour in self.contours)
        return Outline(self.shape, self.size, self.angle, center, self.extent, contours)

    def patch(self, margin: float, width: int, height: int) -> Patch:
        """The pixels within `margin` of the box and inside an image of width x height."""
        x1, y1, x2, y2 = self.box
        left, top = max(0, int(np.floor(x1 - margin))), max(0, int(np.floor(y1 - margin)))
        right = min(width, int(np.ceil(x2 + margin)))
        bottom = min(height, int(np.ceil(y2 + margin)))
        return Patch(left, top, right - left, bottom - top)

    def alpha(self, patch: Patch) -> np.ndarray:
        """The part of each pixel of `patch` that the shape covers: (h, w) float32 in [0, 1]."""
        canvas = np.zeros((patch.height * SUPERSAMPLING, patch.width * SUPERSAMPLING), np.uint8)
        cv2.fillPoly(canvas, self._fixed(patch), 255, cv2.LINE_8, _FIXED_POINT_BITS)
        return _shrink(canvas, patch)

    def stroke(self, patch: Patch, width: float) -> np.ndarray:
        """Coverage of a line of `width` px along the outline: (h, w) float32 in [0, 1]."""
        canvas = np.zeros((patch.height * SUPERSAMPLING, patch.width * SUPERSAMPLING), np.uint8)
        thickness = max(1, round(width * SUPERSAMPLING))
        cv2.polylines(
            canvas, self._fixed(patch), True, 255, thickness, cv2.LINE_8, _FIXED_POINT_BITS
        )
        return _shrink(canvas, patch)

    def _fixed(self, patch: Patch) -> list[np.ndarray]:
        """OpenCV's fixed-point coordinates on the supersampled patch."""
        scale, origin = 1 << _FIXED_POINT_BITS, (patch.left, patch.top)
        return [
            np.rint(((contour - origin) * SUPERSAMPLING - 0.5) * scale).astype(np.int32)
            for contour in self.contours
        ]


def rotation(angle: float) -> np.ndarray:
    """The matrix (2, 2) that turns +x towards +y by `angle` radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def place(shape: Shape, size: float, angle: float, center: tuple[float, float]) -> Outline:
    """Size `shape` to `size` px, turn it by `angle` radians, center its bounding box."""
    turn = rotation(angle).T * size
    contours = [contour @ turn for contour in shape.contours]
    low, high = contours[0].min(axis=0), contours[0].max(axis=0)
    shift = np.array(center) - (low + high) / 2
    extent = (float(high[0] - low[0]), float(high[1] - low[1]))
    return Outline(shape, size, angle, center, extent, tuple(c + shift for c in contours))


def _shrink(canvas: np.ndarray, patch: Patch) -> np.ndarray:
    small = cv2.resize(canvas, (patch.width, patch.height), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / 255.0
