"""Draws results into pictures."""

from __future__ import annotations

import cv2
import numpy as np

from pfld_mm.core.head_pose import HeadPose
from pfld_mm.core.model_info import ModelInfo
from pfld_mm.runtime.face_landmarks import FaceLandmarks
from pfld_mm.runtime.slider_result import SliderResult

POINT = (80, 255, 80)
LINE = (60, 170, 60)
BOX = (200, 160, 60)
GAP = (60, 60, 255)
PIECE = (255, 160, 40)
AXES = ((60, 60, 255), (80, 255, 80), (255, 120, 60))
"""BGR, as OpenCV has it; the axes right, down and forward."""

_SHIFT = 4
_FAR = 1 << 24


def draw_faces(
    image: np.ndarray, landmarks: FaceLandmarks, info: ModelInfo | None = None
) -> np.ndarray:
    """Draw points, the lines between them, boxes, and where there are poses the head's axes.

    Args:
        image: (H, W, 3) uint8 BGR; it is not changed.
        landmarks: What ``FaceLandmarker`` or ``FaceTracker`` gave.
        info: Of the model, for the lines; None draws none.

    Returns:
        A new picture.
    """
    canvas = image.copy()
    for index, points in enumerate(landmarks.points):
        size = min(_size(points), float(max(image.shape)))
        width = max(1, round(size / 150))
        x0, y0, x1, y1 = landmarks.boxes[index]
        cv2.rectangle(canvas, _fixed((x0, y0)), _fixed((x1, y1)), BOX, width, cv2.LINE_AA, _SHIFT)
        for a, b in info.skeleton if info else ():
            _line(canvas, points[a], points[b], LINE, width)
        for point in points:
            _dot(canvas, point, max(1.2, size / 90), POINT)
        if landmarks.poses is not None:
            _draw_axes(canvas, landmarks.poses[index], points.mean(axis=0), size / 2)
        for number in getattr(landmarks, 'ids', ())[index : index + 1]:
            place = (int(np.clip(x0, -_FAR, _FAR)), int(np.clip(y0, -_FAR, _FAR)) - 4)
            cv2.putText(
                canvas, str(number), place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, BOX, 2, cv2.LINE_AA
            )
    return canvas


def draw_slider(image: np.ndarray, result: SliderResult) -> np.ndarray:
    """Draw gap, piece and the way of the piece.

    Args:
        image: (H, W, 3) uint8 BGR; it is not changed.
        result: What ``SliderLocator`` gave.

    Returns:
        A new picture.
    """
    canvas = image.copy()
    radius = max(3.0, min(image.shape[:2]) / 50)
    # results count from the pixel's corner, OpenCV from its center
    gap, piece = (np.array(place) - 0.5 for place in (result.gap, result.piece))
    cv2.arrowedLine(
        canvas, _fixed(piece), _fixed((gap[0], piece[1])), LINE, 2, cv2.LINE_AA, _SHIFT, 0.06
    )
    _dot(canvas, piece, radius, PIECE)
    _dot(canvas, gap, radius, GAP)
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
    canvas: np.ndarray, one: np.ndarray, other: np.ndarray, colour: tuple[int, ...], width: int
) -> None:
    cv2.line(canvas, _fixed(one), _fixed(other), colour, width, cv2.LINE_AA, _SHIFT)


def _dot(canvas: np.ndarray, point: np.ndarray, radius: float, colour: tuple[int, ...]) -> None:
    size = round(radius * (1 << _SHIFT))
    cv2.circle(canvas, _fixed(point), size, colour, -1, cv2.LINE_AA, _SHIFT)
