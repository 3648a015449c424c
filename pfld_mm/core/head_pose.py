"""Head pose (Euler angles) from facial landmarks, by a perspective fit of a mean 3-D face.

Angles are radians in the order (yaw, pitch, roll), R = Rz(roll) Ry(yaw) Rx(pitch) maps the frame of
`mean_face` into the camera's (x right, y down, z away from the camera). So, in the image:

* yaw > 0: the nose turns to the image's left;
* pitch > 0: the nose turns down;
* roll > 0: the head tilts clockwise.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from pfld_mm.core.face_markups import MARKUPS


@dataclass(frozen=True)
class HeadPose:
    """Pose of a head in the camera's frame.

    Attributes:
        yaw: Rotation about the vertical axis, radians, > 0 turns the nose to the image's left.
        pitch: Rotation about the axis through the ears, radians, > 0 turns the nose down.
        roll: Rotation in the image's plane, radians, > 0 is clockwise.
        rotation: (3, 3) rotation matrix, model frame -> camera frame.
        translation: (3,) position of the model's origin, in outer eye corner distances.
    """

    yaw: float
    pitch: float
    roll: float
    rotation: np.ndarray
    translation: np.ndarray


def rotation_matrix(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Rotation R = Rz(roll) Ry(yaw) Rx(pitch), (3, 3) float64, angles in radians."""
    (sy, sp, sr), (cy, cp, cr) = np.sin([yaw, pitch, roll]), np.cos([yaw, pitch, roll])
    return np.array(
        [
            [cr * cy, cr * sy * sp - sr * cp, cr * sy * cp + sr * sp],
            [sr * cy, sr * sy * sp + cr * cp, sr * sy * cp - cr * sp],
            [-sy, cy * sp, cy * cp],
        ]
    )


def euler_angles(rotation: np.ndarray) -> tuple[float, float, float]:
    """The angles (yaw, pitch, roll) in radians with `rotation_matrix(*angles) == rotation`.

    yaw lies in [-pi/2, pi/2], pitch and roll in [-pi, pi]. At yaw = +-pi/2 (gimbal lock) only
    roll -+ pitch is determined: pitch is set to 0 and roll takes all of it.

    Args:
        rotation: (3, 3) rotation matrix.
    """
    r = np.asarray(rotation, dtype=np.float64).tolist()
    cos_yaw = np.hypot(r[2][1], r[2][2])
    yaw = float(np.arctan2(-r[2][0], cos_yaw))
    if cos_yaw < 1e-9:
        return yaw, 0.0, float(np.arctan2(-r[0][1], r[1][1]))
    return yaw, float(np.arctan2(r[2][1], r[2][2])), float(np.arctan2(r[1][0], r[0][0]))


def tilted(pose: HeadPose, angle: float) -> HeadPose:
    """The pose of a head in the image out of which it was cut upright.

    Args:
        pose: In the crop.
        angle: Radians, the roll that was taken out of the crop; > 0 is clockwise.
    """
    if angle == 0:
        return pose
    turn = rotation_matrix(0, 0, angle)
    rotation = turn @ pose.rotation
    return HeadPose(*euler_angles(rotation), rotation, turn @ pose.translation)


CROP_FOCAL = 5.0
"""Focal length of a face's crop, in its widths: faces are photographed from about five times the
extent of their crop. With the true points of drawn faces yaw is off by up to 3 degrees, to 85
degrees; with a focal length of one width, as in the training of the pose branch, by 11 to 14."""

_STOP = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 20, 1e-7)
_RIGID = {k: np.array(markup.rigid) for k, markup in MARKUPS.items()}
_MODEL = {k: np.ascontiguousarray(MARKUPS[k].mean_face[_RIGID[k]]) for k in MARKUPS}
_MEAN = {k: model.mean(axis=0) for k, model in _MODEL.items()}
_INVERSE = {k: np.linalg.pinv(model - _MEAN[k]) for k, model in _MODEL.items()}  # (3, K')


def _weak_perspective(
    points: np.ndarray, num_keypoints: int, focal: float, center: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """First guess (rotation, translation): scaled orthography, in closed form.

    The least-squares affine map of the model onto the points gives two rows, the nearest pair of
    orthonormal rows and their cross product the rotation (DeMenthon and Davis 1995, POS). It has
    one solution, in front of the camera and not mirrored.
    """
    mean = points.mean(axis=0)
    affine = (_INVERSE[num_keypoints] @ (points - mean)).T  # (2, 3)
    u, scales, vt = np.linalg.svd(affine, full_matrices=False)
    rows = u @ vt
    rotation = np.vstack([rows, np.cross(rows[0], rows[1])])
    depth = focal / max(scales.mean(), 1e-9)
    position = np.append((mean - center) * depth / focal, depth)
    return rotation, position - rotation @ _MEAN[num_keypoints]


def solve_head_pose(
    points: np.ndarray, size: tuple[int, int], focal: float | None = None
) -> HeadPose:
    """Pose of a face from its landmarks.

    Fits the mean face by reprojection error (Levenberg-Marquardt from a closed-form guess), with
    the points that expression moves least: brows, nose, eyes, upper lip.

    Args:
        points: (K, 2) landmarks in pixels of the image; K must have a 3-D model.
        size: (w, h) of the image in pixels; the principal point is (w / 2, h / 2).
        focal: Focal length in pixels where it is known; the default is w.

    Raises:
        ValueError: K has no 3-D model, the points are not finite, not (K, 2), all the same, or size
            is not positive.
    """
    points = _checked(points, size)
    k = len(points)
    points = np.ascontiguousarray(points[_RIGID[k]])
    w, h = size
    focal = float(w if focal is None else focal)
    rotation, translation = _weak_perspective(points, k, focal, np.array([w / 2, h / 2]))
    camera = np.array([[focal, 0, w / 2], [0, focal, h / 2], [0, 0, 1.0]])
    rvec, tvec = cv2.solvePnPRefineLM(
        _MODEL[k],
        points,
        camera,
        None,
        cv2.Rodrigues(rotation)[0],
        translation.reshape(3, 1).copy(),
        _STOP,
    )
    refined = cv2.Rodrigues(rvec)[0]
    depths = _MODEL[k] @ refined[2] + tvec[2]
    if np.isfinite(depths).all() and depths.min() > 0:
        rotation, translation = refined, tvec.ravel()
    # otherwise the refinement ended behind the camera (not a face): keep the first guess
    return HeadPose(*euler_angles(rotation), rotation, translation)


def _checked(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The points as (K, 2) float64, or a ValueError that says what is wrong with the arguments."""
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f'head pose: expected points of shape (K, 2), found {points.shape}')
    if len(points) not in MARKUPS:
        raise ValueError(
            f'head pose: no 3-D face model for {len(points)} points; there is one for '
            f'{sorted(MARKUPS)}. Train without the pose branch or add a model.'
        )
    if not np.isfinite(points).all():
        raise ValueError('head pose: the points contain NaN or infinity')
    if np.ptp(points, axis=0).max() == 0:
        raise ValueError('head pose: all points are the same')
    if min(size) <= 0:
        raise ValueError(f'head pose: expected a positive image size (w, h), found {size}')
    return points


def crop_pose(points: np.ndarray, size: tuple[int, int], angle: float = 0.0) -> HeadPose:
    """Pose in the image of a face that was cut out upright, from a distance of ``CROP_FOCAL``.

    Args:
        points: (K, 2) in pixels of the crop.
        size: (w, h) of the crop.
        angle: Degrees, the roll that was taken out of the crop; > 0 is clockwise.

    Raises:
        ValueError: See `solve_head_pose`.
    """
    return tilted(solve_head_pose(points, size, CROP_FOCAL * size[0]), float(np.deg2rad(angle)))
