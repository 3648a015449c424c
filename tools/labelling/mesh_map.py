from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from labelling.media_pipe_mesh import MeshViews

from pfld_mm.core.face_markups import WFLW98

NEIGHBOURS = 14
"""Vertices that a landmark is a mixture of."""
RIDGE = 2e-3
"""Regularisation of the mixture, as a ratio of its mean square."""
LEFT, RIGHT = slice(0, 16), slice(17, 33)
"""Contour of WFLW's 98 points on either side of the chin, as seen in the image."""
BAND = 0.03
"""Half the height, in heights of the mesh, over which its outermost vertex is looked for."""
KNOWN_YAW, KNOWN_FAR_YAW = 50.0, 35.0
"""Beyond these degrees the correction by pose does not grow: no labelled face is turned further.
The second is for the contour's far side."""


class MeshMap:
    """WFLW's 98 points from MediaPipe's 468 vertices, learnt on faces that have both.

    A landmark is a fixed mixture of nearby vertices and so keeps its place on the head as that
    turns: what is learnt on nearly frontal faces holds for profiles, of which there are no labels.
    Two things are not fixed to the head: the contour's far side, which WFLW's annotators put on
    the silhouette (the outermost vertex at its height), and a residue that is linear in the sine
    of the yaw.

    Args:
        views: Of N faces, each with views from both sides of the mirror.
        points: (N, 98, 2) in image pixels.

    Raises:
        ValueError: If there are too few faces to learn from.
    """

    LEAST = 50

    def __init__(self, views: Sequence[MeshViews], points: np.ndarray) -> None:
        if len(views) < self.LEAST or len(views) != len(points):
            raise ValueError(
                f'a MeshMap learns from at least {self.LEAST} faces with views and 98 points; '
                f'found {len(views)} and {len(points)}'
            )
        self.head, self.mirror = _mean_head([v.meshes[~v.mirrored][0] for v in views])
        meshes = np.array([self.merge(face)[0] for face in views])
        self.mixture = _mixture(meshes, points)
        poses = [_Pose(mesh, self.head) for mesh in meshes]
        residues = [
            _facing_right((face - self._on_head(mesh, pose)) @ pose.axes / pose.scale, pose.yaw)
            for face, mesh, pose in zip(points, meshes, poses, strict=True)
        ]
        sines = np.sin(np.radians([abs(pose.yaw) for pose in poses]))
        weight = 1 + 4 * sines[:, None]  # turned faces are few
        known = np.stack([np.ones_like(sines), sines], 1) * weight
        flat = np.reshape(residues, (len(points), -1)) * weight
        self.residue = np.linalg.lstsq(known, flat, rcond=None)[0].reshape(2, 98, 2)

    def merge(self, views: MeshViews) -> tuple[np.ndarray, float]:
        """The median (468, 3) of the views, and their mean distance from it in face heights."""
        stack = views.meshes.copy()
        stack[views.mirrored] = stack[views.mirrored][:, self.mirror]
        stack[..., 2] -= stack[..., 2].mean(1, keepdims=True)
        middle = np.median(stack, 0)
        distance = np.linalg.norm((stack - middle)[..., :2], axis=-1).mean()
        return middle, float(distance / np.ptp(middle[:, :2], axis=0).max())

    def __call__(self, mesh: np.ndarray) -> tuple[np.ndarray, float]:
        """Map a merged mesh (468, 3).

        Returns:
            Points (98, 2) in image pixels, and the yaw in degrees, > 0 towards the image's
            right.
        """
        pose = _Pose(mesh, self.head)
        residue = self._residue(pose.yaw, KNOWN_YAW)
        residue[RIGHT] = self._residue(pose.yaw, KNOWN_FAR_YAW)[RIGHT]
        residue = _facing_right(residue, pose.yaw)
        return self._on_head(mesh, pose) + pose.scale * residue @ pose.axes.T, pose.yaw

    def _residue(self, yaw: float, max_yaw: float) -> np.ndarray:
        return self.residue[0] + self.residue[1] * np.sin(np.radians(min(abs(yaw), max_yaw)))

    def _on_head(self, mesh: np.ndarray, pose: _Pose) -> np.ndarray:
        """The mixtures (98, 2), the contour's far side moved out to the silhouette."""
        upright = mesh[:, :2] @ pose.axes
        points = (self.mixture @ mesh)[:, :2] @ pose.axes
        side, sign = (RIGHT, 1) if pose.yaw > 0 else (LEFT, -1)
        height = np.ptp(upright[:, 1])
        ratio = np.clip((abs(pose.yaw) - 5) / 15, 0, 1)
        for x_y in points[side]:
            level = np.abs(upright[:, 1] - x_y[1]) < BAND * height
            if level.any():
                outermost = (sign * upright[level, 0]).max()
                x_y[0] += ratio * sign * max(0.0, outermost - sign * x_y[0])
        return points @ pose.axes.T


class _Pose:
    """How a mesh stands: yaw in degrees, scale, and the head's upright axes in the image."""

    def __init__(self, mesh: np.ndarray, head: np.ndarray) -> None:
        rotation, shrink = _align(mesh, head)
        self.scale = 1 / shrink
        forward, down = rotation @ [0, 0, -1], rotation @ [0, 1, 0]
        self.yaw = float(np.degrees(np.arctan2(forward[0], -forward[2])))
        down = down[:2] / np.linalg.norm(down[:2])
        self.axes = np.stack([[down[1], -down[0]], down], 1)


def _align(mesh: np.ndarray, head: np.ndarray) -> tuple[np.ndarray, float]:
    """Rotation R and scale s so that s (mesh - mean) R is nearest to the head (Kabsch)."""
    centerd = mesh - mesh.mean(0)
    u, sizes, vt = np.linalg.svd(centerd.T @ (head - head.mean(0)))
    proper = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])  # a rotation, no mirror image
    return u * proper @ vt, float((sizes * proper).sum() / (centerd**2).sum())


def _mean_head(meshes: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The symmetric mean (468, 3), looking at the camera, and each vertex's counterpart (468,)."""
    mean = meshes[0] - meshes[0].mean(0)
    for _ in range(4):
        aligned = []
        for mesh in meshes:
            rotation, scale = _align(mesh, mean)
            aligned.append(scale * (mesh - mesh.mean(0)) @ rotation)
        mean = np.mean(aligned, 0)
        mean /= np.sqrt((mean**2).sum(1).mean())
    for _ in range(10):
        across = mean * [-1, 1, 1]
        mirror = ((across[:, None] - mean[None]) ** 2).sum(-1).argmin(1)
        symmetric = (mean + across[mirror]) / 2
        rotation, scale = _align(mean, symmetric)
        mean = scale * (mean - mean.mean(0)) @ rotation
    return mean, mirror


def _mixture(meshes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Weights (98, 468) whose rows sum to 1, by ridge regression on the nearest vertices."""
    sizes = np.linalg.norm(points[:, 60] - points[:, 72], axis=1)
    weights = np.zeros((98, meshes.shape[1]))
    for k in range(98):
        away = np.linalg.norm(meshes[..., :2] - points[:, None, k], axis=-1) / sizes[:, None]
        first, *others = np.argsort(away.mean(0))[:NEIGHBOURS]
        from_first = (meshes[:, others, :2] - meshes[:, [first], :2]) / sizes[:, None, None]
        a = np.concatenate([from_first[..., 0], from_first[..., 1]])
        b = ((points[:, k] - meshes[:, first, :2]) / sizes[:, None]).T.ravel()
        gram = a.T @ a
        ridge = RIDGE * np.trace(gram) / len(others)
        mixed = np.linalg.solve(gram + ridge * np.eye(len(others)), a.T @ b)
        weights[k, others] = mixed
        weights[k, first] = 1 - mixed.sum()
    return weights


def _facing_right(points: np.ndarray, yaw: float) -> np.ndarray:
    """Mirror (98, 2) of a face that looks to the left, so that all look to the right; and back."""
    return points if yaw > 0 else points[WFLW98.flip_indices] * [-1, 1]
