"""Eyes, brows, nose and mouth, drawn flat on the unlit skin."""

import numpy as np

from pfld_mm.synth.faces.drawing import circle, curve, fill, mix, stroke
from pfld_mm.synth.faces.geometry import FaceGeometry

_EYES = ((np.arange(60, 68), 96), (np.arange(68, 76), 97))
_BROWS = (np.r_[33:42], np.r_[42:51])
_UPPER_LIP = np.r_[76:83, 92:87:-1]
_LOWER_LIP = np.r_[82:88, 76, 88, 95:91:-1]
_MOUTH = np.r_[88:96]
_DARK = np.array([18.0, 16.0, 22.0])


def draw_features(skin: np.ndarray, geometry: FaceGeometry, points: np.ndarray) -> None:
    """Draw on the unlit skin (H, W, 3) uint8, in place; points are the 98 landmarks (98, 2)."""
    yaw = geometry.params.yaw
    nearest_last = (0, 1) if yaw > 0 else (1, 0)
    far, near = nearest_last
    _draw_eye(skin, geometry, points, far)
    _draw_brow(skin, geometry, points[_BROWS[far]])
    if abs(yaw) > 0.3:
        _cover_with_nose(skin, geometry, points, near)
    _draw_eye(skin, geometry, points, near)
    _draw_brow(skin, geometry, points[_BROWS[near]])
    _draw_nose(skin, geometry, points)
    _draw_mouth(skin, geometry, points)


def _is_clockwise(polygon: np.ndarray) -> bool:
    """Whether a polygon (N, 2) runs clockwise in the image: its front is to be seen."""
    x, y = polygon.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) > 0


def _draw_eye(skin: np.ndarray, geometry: FaceGeometry, points: np.ndarray, side: int) -> None:
    lids, pupil = _EYES[side]
    if not _eye_faces_camera(geometry, points, side):
        return
    looks, unit = geometry.params.looks, geometry.unit
    closure = geometry.params.expression.eye_closures[side]
    outline = curve(points[lids], closed=True)
    upper = curve(points[lids[:5]])
    up = -geometry.rotation[:2, 1] * unit
    arch = np.sin(np.linspace(0, np.pi, len(upper)))[:, None]
    crease = upper + up * (0.045 + 0.10 * closure * arch)
    if closure > 0:  # the lid is smoother and a little darker than the skin around
        fill(skin, np.vstack([crease, upper[::-1]]), mix(looks.skin, _DARK, 0.10 * closure))
    if looks.eye_shadow > 0:
        _draw_eye_shadow(skin, geometry, points, side)
    low = np.maximum(np.floor(outline.min(axis=0)).astype(int) - 1, 0)
    high = np.maximum(np.ceil(outline.max(axis=0)).astype(int) + 2, low)
    window = skin[low[1] : high[1], low[0] : high[0]]
    if window.size and closure < 1:
        _fill_eye(window, outline - low, _iris(geometry, pupil) - low, looks.iris)
    stroke(skin, curve(points[lids[[4, 5, 6, 7, 0]]]), mix(looks.skin, _DARK, 0.4), 1)
    stroke(skin, upper, mix(looks.skin, _DARK, 0.85), unit * 0.022)
    stroke(skin, crease[2:-2], mix(looks.skin, _DARK, 0.3), 1)


def _eye_faces_camera(geometry: FaceGeometry, points: np.ndarray, side: int) -> bool:
    """Whether the corners of the eye are in the order of a face seen from the front."""
    lids, _ = _EYES[side]
    across = points[lids[4]] - points[lids[0]]
    return float(across @ geometry.rotation[:2, 0]) > 0


def _iris(geometry: FaceGeometry, pupil: int) -> np.ndarray:
    """(3, 16, 2): the rims of iris and pupil, and the catchlight."""
    middle = geometry.controls[pupil]
    shine = middle + np.array([0.02, -0.02, -0.01])
    return np.stack(
        [
            geometry.project(circle(middle, 0.062)),
            geometry.project(circle(middle, 0.027)),
            geometry.project(circle(shine, 0.013)),
        ]
    )


def _fill_eye(
    window: np.ndarray, outline: np.ndarray, rims: np.ndarray, iris: tuple[float, float, float]
) -> None:
    """Eyeball, seen through the lids: window is the part of the image around the eye."""
    ball = np.empty_like(window)
    ball[:] = (226, 230, 236)
    fill(ball, rims[0], mix(iris, _DARK, 0.45))
    fill(ball, rims[0].mean(axis=0) + (rims[0] - rims[0].mean(axis=0)) * 0.8, np.array(iris))
    fill(ball, rims[1], _DARK)
    fill(ball, rims[2], np.array([250.0, 250.0, 250.0]))
    opening = np.zeros(window.shape[:2], np.uint8)
    fill(opening, outline, np.array([255.0]))
    amount = opening[..., None].astype(np.float32) / 255
    window[:] = (window * (1 - amount) + ball * amount + 0.5).astype(np.uint8)


def _draw_eye_shadow(
    skin: np.ndarray, geometry: FaceGeometry, points: np.ndarray, side: int
) -> None:
    lids, _ = _EYES[side]
    looks = geometry.params.looks
    upper = curve(points[lids[:5]])
    lift = geometry.rotation[:2, 1] * geometry.unit
    for height, strength in ((0.09, 0.35), (0.05, 0.6)):
        band = np.vstack([upper, (upper - lift * height)[::-1]])
        color = mix(looks.skin, looks.make_up, 0.7 * strength * looks.eye_shadow)
        fill(skin, band, color)


def _draw_brow(skin: np.ndarray, geometry: FaceGeometry, brow: np.ndarray) -> None:
    if not _is_clockwise(brow):
        return
    looks = geometry.params.looks
    color = mix(mix(looks.skin, looks.hair, 0.75), _DARK, 0.25)
    fill(skin, curve(brow, closed=True), color)


def _cover_with_nose(
    skin: np.ndarray, geometry: FaceGeometry, points: np.ndarray, near: int
) -> None:
    """Skin over what the bridge of the nose hides of the far eye."""
    bridge = points[51:55]
    foot = points[[57, 56, 55]] if near == 0 else points[[57, 58, 59]]
    side = (-1) ** (near + 1)
    root = geometry.project(np.array([[0.10 * side, 0.0, -0.17]]))
    fill(skin, np.vstack([bridge, foot, root]), np.array(geometry.params.looks.skin))


def _draw_nose(skin: np.ndarray, geometry: FaceGeometry, points: np.ndarray) -> None:
    looks, unit = geometry.params.looks, geometry.unit
    line = mix(looks.skin, _DARK, 0.38)
    up = -geometry.rotation[:2, 1] * unit
    yaw = geometry.params.yaw
    wings = ((55, 56), (59, 58))
    if abs(yaw) > 0.55:  # the far wing is hidden
        wings = wings[1:] if yaw > 0 else wings[:1]
        stroke(skin, curve(points[57:60] if yaw > 0 else points[55:58]), line, unit * 0.014)
    else:
        stroke(skin, curve(points[55:60]), line, unit * 0.014)
    for wing, inner in wings:
        outward = points[wing] - points[inner]
        arc = np.stack(
            [points[inner], points[wing], points[wing] + outward * 0.22 + up * 0.05,
             points[wing] + up * 0.11]
        )  # fmt: skip
        stroke(skin, curve(arc), line, unit * 0.014)
        hole = points[inner] + up * 0.022 + outward * 0.1
        ring = circle(np.zeros(2), 1.0, 10) * (0.038, 0.017) * unit
        ring = ring @ geometry.rotation[:2, :2].T
        fill(skin, hole + ring, mix(looks.skin, _DARK, 0.72))


def _draw_mouth(skin: np.ndarray, geometry: FaceGeometry, points: np.ndarray) -> None:
    looks, unit = geometry.params.looks, geometry.unit
    natural = np.array(looks.skin) * (0.72, 0.68, 0.90)
    lip = mix(natural, looks.make_up, 0.85 * looks.lipstick)
    fill(skin, _lip_outline(points, _UPPER_LIP, 7), lip * 0.90)
    fill(skin, _lip_outline(points, _LOWER_LIP, 7), lip)
    gap = (geometry.controls[94, 1] - geometry.controls[90, 1]) * unit
    inside = curve(points[_MOUTH], closed=True)
    if gap > 0.03 * unit:
        fill(skin, inside, np.array([38.0, 28.0, 75.0]))
        teeth = curve(points[88:93])[2:-2]
        length = np.sin(np.linspace(0, np.pi, len(teeth)))[:, None] ** 0.6 * min(
            0.08 * unit, 0.6 * gap
        )
        below = teeth + geometry.rotation[:2, 1] * length
        fill(skin, np.vstack([teeth, below[::-1]]), np.array([222.0, 232.0, 238.0]))
        if gap > 0.2 * unit:
            tongue = points[[95, 94, 93]]
            top = tongue - geometry.rotation[:2, 1] * 0.35 * gap
            fill(skin, curve(np.vstack([tongue, top[::-1]]), closed=True), np.array([95, 85, 190]))
    stroke(skin, curve(points[88:93]), mix(lip, _DARK, 0.5), unit * 0.012)


def _lip_outline(points: np.ndarray, indices: np.ndarray, outer: int) -> np.ndarray:
    """Smooth outline of a lip: the first `outer` indices are its outer edge."""
    return np.vstack([curve(points[indices[:outer]]), curve(points[indices[outer:]])])
