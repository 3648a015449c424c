from __future__ import annotations

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS
from scipy.interpolate import RBFInterpolator

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.core.face_markups import MARKUPS
from pfld_mm.core.head_pose import CROP_FOCAL, solve_head_pose

FAR_DEPTH = 0.35
"""Part of the contour's depth on the far side: there it follows the silhouette, not the ear."""
GRID = 49
"""Places along each side of the image where the warp is computed; between them it is linear."""
MIN_STRETCH = 0.1
"""A part of the image may shrink or be stretched no further than to this ratio of its area."""


@TRANSFORMS.register_module()
class TurnHead(BaseTransform):
    """Turns a face further to the side: image and points, by a mean 3-D face.

    Data sets hold few faces that are turned far. The points get the depths of the mean face in
    their pose (after face profiling, Zhu et al., CVPR 2016), the head turns about its own
    vertical axis, and the image follows by a thin-plate spline. A face is turned further in the
    direction that it already looks: the hidden side cannot be drawn.

    Must come right after the image is read; ``keypoints`` (1, K, 2) and ``bbox`` (1, 4) change.

    Args:
        prob: Probability that a face is turned.
        degrees: Largest angle by which a face is turned.
        max_yaw: Faces are not turned beyond this yaw, degrees.
        markups: Numbers of points whose mark-ups follow one another in ``keypoints``, 98 or 68;
            the first one gives the pose.
    """

    def __init__(
        self,
        prob: float = 0.3,
        degrees: float = 35.0,
        max_yaw: float = 60.0,
        markups: tuple[int, ...] = (98,),
    ) -> None:
        if not 0 <= prob <= 1 or degrees <= 0 or set(markups) - set(MARKUPS):
            raise ValueError(
                'TurnHead: prob is a probability, degrees positive and markups of '
                f'{sorted(MARKUPS)}; got {prob}, {degrees}, {markups}'
            )
        self.prob = prob
        self.degrees = degrees
        self.max_yaw = max_yaw
        self.markups = tuple(markups)
        self.model = np.concatenate([MARKUPS[k].mean_face for k in self.markups])
        self.is_contour = np.concatenate(
            [np.isin(np.arange(k), MARKUPS[k].contour) for k in self.markups]
        )

    def transform(self, results: dict) -> dict:
        """Turn the face, or leave it."""
        chance, ratio, sign = np.random.uniform(size=3)
        if chance >= self.prob:
            return results
        factor = results.get('img_reduction', 1)
        points = results['keypoints'][0].astype(np.float64) / factor
        turned = self.turn(points, ratio * self.degrees, 1 if sign < 0.5 else -1)
        warped = warp(results['img'], points, turned)
        if warped is None:
            return results
        results['img'] = warped
        results['keypoints'] = (turned * factor)[None].astype(np.float32)
        results['bbox'] = landmark_boxes(results['keypoints']).astype(np.float32)
        return results

    def turn(self, points: np.ndarray, degrees: float, sign: int) -> np.ndarray:
        """The points (K, 2) of the face, turned by ``degrees`` the way that it looks already.

        Args:
            points: (K, 2) in pixels.
            degrees: By how much, not further than ``max_yaw``.
            sign: Of the yaw, for a face that looks straight ahead.
        """
        first = points[: self.markups[0]]
        low, side = first.min(0), float(np.ptp(first, axis=0).max())
        pose = solve_head_pose(first - low, (side, side), CROP_FOCAL * side)
        if abs(pose.yaw) > np.radians(5):
            sign = np.sign(pose.yaw)
        limit = max(0.0, np.radians(self.max_yaw) - abs(pose.yaw))
        angle = sign * min(np.radians(degrees), limit)
        # pixels of the image in the head's frame: upright, its center at the origin
        unit = CROP_FOCAL * side / pose.translation[2]
        upright = np.array([[np.cos(pose.roll), -np.sin(pose.roll)]])
        upright = np.vstack([upright, [[np.sin(pose.roll), np.cos(pose.roll)]]])
        center = points.mean(0)
        plane = (points - center) @ upright
        depth = unit * (self.model @ pose.rotation[2])
        depth = depth - depth.mean()
        is_far = self.is_contour & (plane[:, 0] * angle < 0) & (depth > 0)
        depth[is_far] *= FAR_DEPTH
        # yaw > 0 turns the nose, which is near (depth < 0), to the image's left
        plane[:, 0] = np.cos(angle) * plane[:, 0] + np.sin(angle) * depth
        return plane @ upright.T + center


def warp(image: np.ndarray, points: np.ndarray, moved: np.ndarray) -> np.ndarray | None:
    """Move ``points`` (K, 2) of the image to ``moved``; None if the image would fold."""
    height, width = image.shape[:2]
    x, y = np.linspace(0, width - 1, GRID), np.linspace(0, height - 1, GRID)
    grid = np.stack(np.meshgrid(x, y), -1)
    edge = np.ones((GRID, GRID), bool)
    edge[1:-1, 1:-1] = False
    fixed = grid[edge][::4]
    known, source = np.concatenate([moved, fixed]), np.concatenate([points, fixed])
    spline = RBFInterpolator(known, source - known, smoothing=0.1)
    offsets = spline(grid.reshape(-1, 2)).reshape(GRID, GRID, 2)
    right, down = np.diff(grid + offsets, axis=1)[:-1], np.diff(grid + offsets, axis=0)[:, :-1]
    areas = right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]
    areas = areas / ((x[1] - x[0]) * (y[1] - y[0]))
    if areas.min() < MIN_STRETCH or areas.max() > 1 / MIN_STRETCH:
        return None
    # the grid's outermost places are the centers of the image's outermost pixels
    columns = np.float32(np.arange(width) * (GRID - 1) / (width - 1))
    rows = np.float32(np.arange(height) * (GRID - 1) / (height - 1))
    places = cv2.remap(np.float32(grid + offsets), *np.meshgrid(columns, rows), cv2.INTER_LINEAR)
    return cv2.remap(image, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
