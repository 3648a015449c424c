"""The skin of the face as a grid of quads, spanned by the 98 landmarks and some more points.

The head is unrolled around a vertical axis: every surface point has an azimuth and a height. The
98 mean landmarks and the extra points below are controls; between them the surface is a thin-plate
spline of their offsets from a cylinder (Bookstein 1989). So every grid point is a fixed linear
combination of the controls, and a changed face (identity, expression) is one matrix product.
Frame and unit are those of `pfld_mm.core.mean_face`.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from pfld_mm.core.face_markups import WFLW98

AXIS_Z = 0.75
"""Depth of the vertical axis around which the head is unrolled."""

COLUMNS, ROWS = 45, 30
_PATH_SAMPLES = 20

_EXTRA_HALF = np.array([
    # side of the nose, wing, root
    (-0.09, 0.14, -0.19), (-0.115, 0.29, -0.24), (-0.19, 0.42, -0.23), (-0.085, 0.40, -0.43),
    (-0.10, 0.00, -0.17), (-0.12, 0.47, -0.36),
    # forehead, temple, side of the skull
    (-0.30, -0.40, -0.23), (-0.30, -0.65, -0.14), (-0.28, -0.88, 0.08), (-0.58, -0.38, 0.00),
    (-0.57, -0.62, 0.12), (-0.42, -0.86, 0.24), (-0.70, -0.25, 0.26), (-0.72, -0.50, 0.40),
    (-0.53, -0.82, 0.48), (-0.78, -0.20, 0.90), (-0.77, -0.50, 0.90), (-0.59, -0.80, 0.88),
    # cheek, cheekbone, jaw
    (-0.42, 0.22, -0.05), (-0.64, 0.18, 0.17), (-0.62, 0.48, 0.18), (-0.40, 0.42, -0.12),
    (-0.54, 0.72, 0.10), (-0.28, 0.55, -0.22), (-0.42, 0.90, -0.01), (-0.24, 1.00, -0.17),
    (-0.12, 1.09, -0.28), (-0.78, 0.10, 0.55), (-0.76, 0.40, 0.48),
])  # fmt: skip
_EXTRA_MIDLINE = np.array([
    (0.0, -0.35, -0.29), (0.0, -0.62, -0.22), (0.0, -0.88, 0.00), (0.0, 0.98, -0.29),
    (0.0, 1.11, -0.32), (0.0, 0.59, -0.345),
])  # fmt: skip


class FaceMesh(NamedTuple):
    """Constants of the unrolled face; C controls, V = ROWS x COLUMNS grid points.

    Attributes:
        controls: (C, 3) mean positions, the first 98 are the landmarks.
        weights: (V, C) and `offset` (V, 3): grid = offset + weights @ controls.
        offset: See weights.
        paths: (33 P, C) and `path_offset` (33 P, 3): for every contour point a walk of P steps
            over the cheek towards the front, on which the silhouette is looked for.
        path_offset: See paths.
        quads: (Q, 4) grid indices, clockwise in the image when seen from the front.
        height: (V,) mean y and `azimuth` (V,) radians of the grid points.
        azimuth: See height.
    """

    controls: np.ndarray
    weights: np.ndarray
    offset: np.ndarray
    paths: np.ndarray
    path_offset: np.ndarray
    quads: np.ndarray
    height: np.ndarray
    azimuth: np.ndarray


def _unroll(points: np.ndarray) -> np.ndarray:
    """(N, 3) positions -> (N, 2) (azimuth in radians, height)."""
    return np.stack([np.arctan2(points[:, 0], AXIS_Z - points[:, 2]), points[:, 1]], axis=1)


def _cylinder(flat: np.ndarray) -> np.ndarray:
    """(N, 2) (azimuth, height) -> (N, 3) on the cylinder of radius 1."""
    azimuth, height = flat.T
    return np.stack([np.sin(azimuth), height, AXIS_Z - np.cos(azimuth)], axis=1)


def _spline_weights(sites: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Thin-plate spline as a matrix (Q, S): value at the queries = weights @ values at the sites.

    A little smoothing (1e-4) keeps close pairs of sites from causing ripples.
    """

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        squared = ((a[:, None] - b[None]) ** 2).sum(-1)
        return 0.5 * squared * np.log(squared + 1e-12)

    count = len(sites)
    affine = np.hstack([np.ones((count, 1)), sites])
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = kernel(sites, sites) + 1e-4 * np.eye(count)
    system[:count, count:] = affine
    system[count:, :count] = affine.T
    query = np.hstack([kernel(queries, sites), np.ones((len(queries), 1)), queries])
    return np.linalg.solve(system, query.T).T[:, :count]


def _grid(contour: np.ndarray) -> np.ndarray:
    """(ROWS * COLUMNS, 2) unrolled grid between the top of the forehead and the contour (33, 2)."""
    positions = np.linspace(0, 32, COLUMNS)
    bottom = np.stack([np.interp(positions, np.arange(33), axis) for axis in contour.T], axis=1)
    top = np.stack([np.linspace(-1.7, 1.7, COLUMNS), np.full(COLUMNS, -0.88)], axis=1)
    step = np.linspace(0, 1, ROWS)[:, None, None]
    return (top + step * (bottom - top)).reshape(-1, 2)


@cache
def face_mesh() -> FaceMesh:
    """The constants, computed once (some milliseconds)."""
    mirrored = _EXTRA_HALF * (-1, 1, 1)
    controls = np.vstack([WFLW98.mean_face, _EXTRA_HALF, mirrored, _EXTRA_MIDLINE])
    sites = _unroll(controls)
    contour = sites[:33]
    grid = _grid(contour)
    inward = np.linspace(1.0, 0.4, _PATH_SAMPLES)[:, None]
    path = np.stack(
        [
            (contour[:, :1] * inward.T).ravel(),
            np.repeat(contour[:, 1], _PATH_SAMPLES),
        ],
        axis=1,
    )
    weights, paths = _spline_weights(sites, grid), _spline_weights(sites, path)
    base = _cylinder(sites)
    corner = (np.arange(ROWS - 1)[:, None] * COLUMNS + np.arange(COLUMNS - 1)).ravel()
    quads = np.stack([corner, corner + 1, corner + COLUMNS + 1, corner + COLUMNS], axis=1)
    return FaceMesh(
        controls,
        weights,
        _cylinder(grid) - weights @ base,
        paths,
        _cylinder(path) - paths @ base,
        quads,
        grid[:, 1],
        grid[:, 0],
    )
