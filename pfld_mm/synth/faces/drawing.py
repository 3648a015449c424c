"""Drawing in sub-pixel coordinates: integers are pixel centers, colors are (b, g, r) 0..255."""

from functools import cache

import cv2
import numpy as np

_SHIFT = 4
_SUPERSAMPLING = 2


def fixed_point(points: np.ndarray) -> np.ndarray:
    """(N, 2) pixels -> OpenCV's int32 fixed-point coordinates of 1/16 px."""
    return np.round(points * (1 << _SHIFT)).astype(np.int32)


def fill(image: np.ndarray, points: np.ndarray, color: np.ndarray) -> None:
    """Fill a polygon (N, 2), with smooth edges."""
    cv2.fillPoly(image, [fixed_point(points)], as_scalar(color), cv2.LINE_AA, _SHIFT)


def stroke(
    image: np.ndarray, points: np.ndarray, color: np.ndarray, width: float, closed: bool = False
) -> None:
    """Draw a line (N, 2) of a width in pixels (at least 1), with smooth edges."""
    thickness = max(1, round(width))
    line = [fixed_point(points)]
    cv2.polylines(image, line, closed, as_scalar(color), thickness, cv2.LINE_AA, _SHIFT)


def as_scalar(color: np.ndarray) -> tuple[float, ...]:
    """A color as OpenCV takes it, clipped to 0..255."""
    return tuple(min(max(float(c), 0.0), 255.0) for c in color)


def mix(a: np.ndarray, b: np.ndarray, amount: float) -> np.ndarray:
    """The color between a (amount 0) and b (amount 1)."""
    return np.asarray(a, dtype=float) * (1 - amount) + np.asarray(b, dtype=float) * amount


@cache
def _curve_weights(count: int, closed: bool, steps: int) -> np.ndarray:
    """(M, count) matrix of a Catmull-Rom spline through count points."""
    t = np.arange(steps)[:, None] / steps
    basis = 0.5 * np.hstack(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2]
    )
    segments = count if closed else count - 1
    weights = np.zeros((segments * steps, count))
    for segment in range(segments):
        for k in range(4):
            index = segment - 1 + k
            index = index % count if closed else min(max(index, 0), count - 1)
            weights[segment * steps : (segment + 1) * steps, index] += basis[:, k]
    return weights if closed else np.vstack([weights, np.eye(count)[-1]])


def curve(points: np.ndarray, closed: bool = False, steps: int = 4) -> np.ndarray:
    """Smooth curve through (N, 2) points (Catmull-Rom), steps pieces between two of them."""
    return _curve_weights(len(points), closed, steps) @ points


def circle(middle: np.ndarray, radius: float, count: int = 16) -> np.ndarray:
    """(count, D) points of a circle in the first two coordinates around a middle (D,)."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    points = np.repeat(np.asarray(middle, dtype=float)[None], count, axis=0)
    points[:, 0] += radius * np.cos(angle)
    points[:, 1] += radius * np.sin(angle)
    return points


def paint_quads(
    size: int, points: np.ndarray, quads: np.ndarray, depth: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Paint quads from the farthest to the nearest, anti-aliased by supersampling.

    Args:
        size: Side of the square image.
        points: (V, 2) pixels.
        quads: (Q, 4) point indices.
        depth: (V,) distances from the camera.
        values: (Q, 3) 0..255, one value a quad.

    Returns:
        (size, size, 4) uint8: the three values, premultiplied by the fourth, the coverage.
    """
    scaled = fixed_point(points * _SUPERSAMPLING + (_SUPERSAMPLING - 1) / 2)
    layer = np.zeros((size * _SUPERSAMPLING, size * _SUPERSAMPLING, 4), np.uint8)
    order = np.argsort(-depth[quads].sum(axis=1))
    polygons = scaled[quads[order]]
    colors = np.column_stack([values[order], np.full(len(order), 255.0)]).clip(0, 255).tolist()
    for polygon, color in zip(polygons, colors, strict=True):
        cv2.fillConvexPoly(layer, polygon, color, cv2.LINE_8, _SHIFT)
    return cv2.resize(layer, (size, size), interpolation=cv2.INTER_AREA)


def lay_over(image: np.ndarray, layer: np.ndarray) -> None:
    """Put a premultiplied layer (H, W, 4) uint8 over an image (H, W, 3) uint8, in place."""
    remaining = cv2.cvtColor(255 - layer[..., 3], cv2.COLOR_GRAY2BGR)
    below = cv2.multiply(image, remaining, scale=1 / 255)
    cv2.add(below, np.ascontiguousarray(layer[..., :3]), dst=image)


def lambert(
    camera_points: np.ndarray, quads: np.ndarray, light: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which quads face the camera and how much of the lamp's light each receives.

    Args:
        camera_points: (V, 3) in the camera's frame.
        quads: (Q, 4) indices, clockwise in the image when seen from outside.
        light: (3,) unit vector towards the lamp.

    Returns:
        facing: (Q,) bool, and diffuse: (Q,) 0..1.
    """
    corners = camera_points[quads]
    normals = np.cross(corners[:, 3] - corners[:, 1], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    facing = (normals * corners.mean(axis=1)).sum(axis=1) < 0
    return facing, np.clip(normals @ light, 0, 1)
