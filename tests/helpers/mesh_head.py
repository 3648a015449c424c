"""A head of 468 vertices such as MediaPipe finds, with 98 landmarks on some of them."""

import numpy as np
from labelling.media_pipe_mesh import MeshViews

from pfld_mm.core.face_markups import WFLW98

FLIP = WFLW98.flip_indices


def turn(points, yaw):
    """Rotate (..., 3) so that the face looks `yaw` degrees to the image's right."""
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    return points @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def mesh_head():
    """A symmetric cap of 468 vertices, z < 0 towards the camera, and a mixture for 98 points."""
    rng = np.random.default_rng(0)
    half = rng.uniform(-1, 1, (234, 3))
    half[:, 0] = np.abs(half[:, 0]) * 0.8 + 0.01
    vertices = np.concatenate([half, half * [-1, 1, 1]])
    vertices[:, 2] = vertices[:, 0] ** 2 + 0.3 * vertices[:, 1] ** 2  # the nose is nearest
    mirror = np.roll(np.arange(468), 234)
    chosen = np.empty(98, int)
    for k in range(98):
        if k < FLIP[k]:
            chosen[k] = rng.integers(234, 468)  # the first points are on the image's left
            chosen[FLIP[k]] = mirror[chosen[k]]
        elif k == FLIP[k]:
            chosen[k] = np.abs(vertices[:, 0]).argmin()
    return vertices, mirror, chosen


def views_of(mesh, mirror):
    return MeshViews(np.stack([mesh, mesh[mirror]]), np.array([False, True]))
