"""From the parameters of a face to its 3-D controls, its camera and its 98 points."""

from dataclasses import dataclass

import numpy as np

from pfld_mm.core.head_pose import rotation_matrix
from pfld_mm.synth.faces.mesh import face_mesh
from pfld_mm.synth.faces.parameters import Expression, FaceParameters, Identity

_HEAD_CENTRE = np.array([0.0, 0.35, 0.25])
"""What stays in place when the head turns."""

_EYES = (np.r_[60:68, 96], np.r_[68:76, 97])
_BROWS = np.r_[33:51]
_LIPS = np.r_[76:96]
_LOWER_LIP = np.r_[83:88, 93:96]
_UPPER_LID_RATIO = 0.88
"""Part of the way between the open lids that the upper one goes when the eye closes."""


def _step(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Smooth step from 0 at low to 1 at high."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _near(controls: np.ndarray, x: float, y: float, radius: float) -> np.ndarray:
    """(C,) Gaussian weight of the controls around a place of the mean face, on both sides."""
    squared = (np.abs(controls[:, 0]) - x) ** 2 + (controls[:, 1] - y) ** 2
    return np.exp(-squared / (2 * radius**2))


def _apply_identity(points: np.ndarray, mean: np.ndarray, shape: Identity) -> None:
    """Change the controls (C, 3) in place to the given person."""
    x, y, z = points.T  # views
    nose = _near(mean, 0.0, 0.40, 0.17)
    x *= 1 + 0.12 * nose * shape.nose_width * (mean[:, 1] < 0.62)
    y += 0.05 * shape.nose_length * nose * (mean[:, 1] < 0.62)
    z -= 0.07 * shape.nose_depth * _near(mean, 0.0, 0.38, 0.12)
    for eye, side in zip(_EYES, (-1, 1), strict=True):
        middle = points[eye].mean(axis=0)
        points[eye, :2] = middle[:2] + (points[eye, :2] - middle[:2]) * (
            1 + shape.eye_size * np.array([0.10, 0.20])
        )
        points[eye, 0] += side * 0.025 * shape.eye_spacing
    y[_BROWS] -= 0.04 * shape.brow_height
    y[_BROWS] += 0.10 * shape.brow_tilt * (np.abs(x[_BROWS]) - 0.38)
    lips = points[_LIPS]
    lips[:, 0] *= 1 + 0.13 * shape.mouth_width
    lips[:, 1] += (lips[:, 1] - 0.72) * 0.35 * shape.lip_thickness
    points[_LIPS] = lips
    y += 0.13 * shape.face_length * np.clip(mean[:, 1], 0, None)
    x *= 1 + 0.06 * shape.face_width
    x *= 1 + 0.14 * shape.jaw_width * _step(mean[:, 1], 0.3, 1.0)


def _apply_expression(points: np.ndarray, mean: np.ndarray, face: Expression) -> None:
    """Change the controls (C, 3) in place to the given expression."""
    x, y, z = points.T
    y[[89, 90, 91]] += 0.015  # the mean mouth is a little open: close it
    y[[95, 94, 93]] = y[[89, 90, 91]] + 0.008
    y[83:88] -= 0.035
    jaw = _step(mean[:, 1], 0.72, 1.05)
    jaw[_LIPS] = 0.0
    jaw[_LOWER_LIP] = 1.0
    jaw[[76, 82, 88, 92]] = 0.42
    jaw[[87, 83]] = 0.85
    y += 0.36 * face.mouth_open * jaw
    z += 0.12 * face.mouth_open * jaw
    corner = _near(mean, 0.30, 0.73, 0.13)
    side = np.sign(mean[:, 0])
    x += side * corner * (0.085 * face.smile - 0.05 * face.mouth_open)
    y -= 0.085 * face.smile * corner
    z += 0.05 * face.smile * corner
    y -= 0.03 * face.smile * _near(mean, 0.42, 0.42, 0.15)
    z -= 0.03 * face.smile * _near(mean, 0.42, 0.42, 0.15)
    y[_BROWS] -= 0.07 * face.brow_raise
    points[[96, 97], :2] += np.array([0.05, 0.018]) * (face.gaze_x, face.gaze_y)
    for eye, closure in zip(_EYES, face.eye_closures, strict=True):
        _close_eye(points, eye, closure)


def _close_eye(points: np.ndarray, eye: np.ndarray, closure: float) -> None:
    """Close the eye (9 indices, pupil last) of the controls (C, 3) in place, 1 = lids meet.

    The upper lid moves most of the way, as in real faces. Iris and pupil do not move, until a lid
    would cover the middle of the pupil: from there it is on that lid.
    """
    right, left, pupil = eye[0], eye[4], eye[8]
    upper, lower = eye[[1, 2, 3]], eye[[7, 6, 5]]
    meeting = points[upper] + _UPPER_LID_RATIO * (points[lower] - points[upper])
    for lid in (upper, lower):
        points[lid] += closure * (meeting - points[lid])
    x, y, z = points[pupil]
    lids = [points[np.r_[right, lid, left]] for lid in (upper, lower)]
    top, bottom = (np.interp(x, lid[:, 0], lid[:, 1]) for lid in lids)
    surface = np.mean([np.interp(x, lid[:, 0], lid[:, 2]) for lid in lids])
    points[pupil, 1] = np.clip(y, top, bottom)
    points[pupil, 2] = z + closure * (surface - z)


@dataclass(frozen=True)
class FaceGeometry:
    """A posed face in front of a camera.

    Attributes:
        params: What it was made from.
        controls: (C, 3) controls of the mesh in the head's frame.
        rotation: (3, 3) and translation (3,), head -> camera.
        translation: See rotation.
    """

    params: FaceParameters
    controls: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray

    @property
    def unit(self) -> float:
        """Pixels that one unit (distance of the outer eye corners) spans at the head's depth."""
        return self.params.scale * self.params.size

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) in the head's frame -> (N, 3) in the camera's frame."""
        return points @ self.rotation.T + self.translation

    def to_image(self, camera_points: np.ndarray) -> np.ndarray:
        """(N, 3) in the camera's frame -> (N, 2) pixels; integers are pixel centers."""
        size = self.params.size
        scale = self.params.focal * size / camera_points[:, 2:]
        return camera_points[:, :2] * scale + size / 2

    def project(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) in the head's frame -> (N, 2) pixels."""
        return self.to_image(self.to_camera(points))

    def landmarks(self) -> np.ndarray:
        """The 98 points (98, 2) in pixels, the contour on the silhouette as WFLW marks it."""
        points = self.project(self.controls[:98])
        points[:33] = self._silhouette()
        return points

    def _silhouette(self) -> np.ndarray:
        """(33, 2) contour: a point that the cheek hides moves to where the cheek ends.

        Every contour point walks over the cheek towards the front and stays where the walk is
        farthest out in the image, along the head's own left-right axis.
        """
        mesh = face_mesh()
        walk = self.project(mesh.path_offset + mesh.paths @ self.controls).reshape(33, -1, 2)
        walk[:, 0] = self.project(self.controls[:33])
        across = self.rotation[:2, 0] / max(np.hypot(*self.rotation[:2, 0]), 1e-9)
        outward = np.sign(np.arange(33) - 16)[:, None] * (walk @ across)
        farthest = outward.argmax(axis=1)
        return walk[np.arange(33), farthest]


def face_geometry(params: FaceParameters) -> FaceGeometry:
    """Place the face of `params` in front of its camera."""
    mean = face_mesh().controls
    controls = mean.copy()
    _apply_identity(controls, mean, params.identity)
    _apply_expression(controls, mean, params.expression)
    rotation = rotation_matrix(*params.euler)
    depth = params.focal / params.scale
    place = np.append((np.array(params.center) - 0.5) * depth / params.focal, depth)
    return FaceGeometry(params, controls, rotation, place - rotation @ _HEAD_CENTRE)
