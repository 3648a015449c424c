"""Draws results into images."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from pfld_mm.core.head_pose import HeadPose
from pfld_mm.core.image import as_bgr
from pfld_mm.core.model_info import ModelInfo
from pfld_mm.runtime.face import Face
from pfld_mm.runtime.face_landmarks import FaceLandmarks
from pfld_mm.runtime.slider_result import SliderResult

POINT = (80, 255, 80)
LINE = (60, 170, 60)
BOX = (200, 160, 60)
GAP = (60, 60, 255)
PIECE = (255, 160, 40)
AXES = ((60, 60, 255), (80, 255, 80), (255, 120, 60))
"""BGR, as OpenCV has it; the axes right, down and forward."""

FADED = 0.06
"""Standard deviation of a point, in sizes of the face, from which on it is drawn darkest."""

_SHIFT = 4
_FAR = 1 << 24


def draw_faces(
    image: ArrayLike, landmarks: FaceLandmarks, info: ModelInfo | None = None
) -> np.ndarray:
    """Draw points, the lines between them, boxes, and where there are poses the head's axes.

    Args:
        image: See ``as_bgr``; it is not changed.
        landmarks: What ``FaceLandmarker`` or ``FaceTracker`` gave.
        info: Of the model, for the lines; None draws none.

    Returns:
        A new image.
    """
    canvas = as_bgr(image).copy()
    for face in landmarks:
        size = min(_size(face.points), float(max(canvas.shape)))
        width = max(1, round(size / 150))
        low, high = face.box[:2], face.box[2:]
        cv2.rectangle(canvas, _fixed(low), _fixed(high), BOX, width, cv2.LINE_AA, _SHIFT)
        for a, b in info.skeleton if info else ():
            _line(canvas, face.points[a], face.points[b], LINE, width)
        for point, color in zip(face.points, _point_colors(face), strict=True):
            _dot(canvas, point, max(1.2, size / 90), color)
        if face.pose is not None:
            _draw_axes(canvas, face.pose, face.points.mean(axis=0), size / 2)
        if face.id is not None:
            x, y = (int(np.clip(value, -_FAR, _FAR)) for value in low)
            place, font = (x, y - 4), cv2.FONT_HERSHEY_SIMPLEX
            cv2.putText(canvas, str(face.id), place, font, 0.6, BOX, 2, cv2.LINE_AA)
    return canvas


def _point_colors(face: Face) -> list[tuple[int, ...]]:
    """The color of each point: the more uncertain, the darker."""
    if face.sigmas is None:
        return [POINT] * len(face.points)
    # in sizes of the face, so that the drawing does not depend on the distance
    deviations = face.sigmas.mean(axis=1) / max(_size(face.points), 1e-6)
    strength = np.clip(1.15 - deviations / FADED, 0.15, 1)
    return [tuple(int(s * channel) for channel in POINT) for s in strength]


def draw_slider(image: ArrayLike, result: SliderResult) -> np.ndarray:
    """Draw gap, piece and the way of the piece.

    Args:
        image: See ``as_bgr``; it is not changed.
        result: What ``SliderLocator`` gave.

    Returns:
        A new image.
    """
    canvas = as_bgr(image).copy()
    if not result.found:
        return canvas
    radius = max(3.0, min(canvas.shape[:2]) / 50)
    gap, piece = np.array(result.gap), np.array(result.piece)
    cv2.arrowedLine(
        canvas, _fixed(piece), _fixed((gap[0], piece[1])), LINE, 2, cv2.LINE_AA, _SHIFT, 0.06
    )
    _dot(canvas, piece, radius, PIECE)
    _dot(canvas, gap, radius, GAP)
    if result.angle is not None:
        direction = np.array([np.cos(result.angle), np.sin(result.angle)])
        _line(canvas, gap, gap + 3 * radius * direction, GAP, 2)
    return canvas


def _draw_axes(canvas: np.ndarray, pose: HeadPose, origin: np.ndarray, length: float) -> None:
    """The head's right, down and forward axes, without perspective; the farthest first."""
    # the model's third axis points away from the camera, the face looks the other way
    ends = pose.rotation * (1, 1, -1)
    for axis in np.argsort(-ends[2]):
        _line(
            canvas, origin, origin + length * ends[:2, axis], AXES[axis], max(2, round(length / 40))
        )


def _size(points: np.ndarray) -> float:
    """Root of the area that the points (K, 2) take."""
    return float(np.sqrt(np.ptp(points.astype(np.float64), axis=0).prod()))


def _fixed(point: np.ndarray | tuple[float, float]) -> tuple[int, int]:
    """A point in OpenCV's fixed-point numbers, kept where its integers do not overflow."""
    x, y = np.clip(np.rint(np.asarray(point, np.float64) * (1 << _SHIFT)), -_FAR, _FAR)
    return int(x), int(y)


def _line(
    canvas: np.ndarray, one: np.ndarray, other: np.ndarray, color: tuple[int, ...], width: int
) -> None:
    cv2.line(canvas, _fixed(one), _fixed(other), color, width, cv2.LINE_AA, _SHIFT)


def _dot(canvas: np.ndarray, point: np.ndarray, radius: float, color: tuple[int, ...]) -> None:
    size = round(radius * (1 << _SHIFT))
    cv2.circle(canvas, _fixed(point), size, color, -1, cv2.LINE_AA, _SHIFT)
