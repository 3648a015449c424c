"""Hair (or the bald skull) as a grid of quads around the head."""

from functools import cache
from typing import NamedTuple

import numpy as np

from pfld_mm.synth.faces.drawing import lambert, paint_quads
from pfld_mm.synth.faces.geometry import FaceGeometry
from pfld_mm.synth.faces.mesh import AXIS_Z

_COLUMNS, _ROWS = 49, 10
_CROWN_HEIGHT = -1.12
_SKULL_MIDDLE = -0.10

# Lower edge of the hair by azimuth (degrees from the front): y in units.
_EDGE_AZIMUTH = np.array([0, 25, 42, 58, 74, 84, 96, 108, 125, 180])
_EDGES = {
    'bald': np.array([-0.70, -0.70, -0.70, -0.70, -0.70, -0.5, 0.2, 0.45, 0.55, 0.6]),
    'short': np.array([-0.73, -0.77, -0.72, -0.45, -0.36, -0.20, 0.16, 0.30, 0.45, 0.5]),
    'long': np.array([-0.80, -0.74, -0.60, -0.36, -0.10, 0.30, 1.0, 1.40, 1.55, 1.6]),
}


class _Grid(NamedTuple):
    points: np.ndarray  # (V, 3) without volume
    outward: np.ndarray  # (V, 3) what one unit of volume adds
    quads: np.ndarray  # (Q, 4)
    front: np.ndarray  # (Q,) in front of the ears: painted over the face


@cache
def _grid(style: str) -> _Grid:
    """The hair of a style; the azimuth runs from the back over the image's left to the back."""
    azimuth = np.linspace(-np.pi, np.pi, _COLUMNS)
    edge = np.interp(np.abs(np.rad2deg(azimuth)), _EDGE_AZIMUTH, _EDGES[style])
    height = _CROWN_HEIGHT + np.linspace(0.0, 1.0, _ROWS)[:, None] ** 1.5 * (edge - _CROWN_HEIGHT)
    bulge = np.clip((_SKULL_MIDDLE - height) / (_SKULL_MIDDLE - _CROWN_HEIGHT), 0, 1)
    radius = np.sqrt(np.clip(1 - bulge**2, 0, 1))
    turn = np.broadcast_to(azimuth, height.shape)
    rim = 1 - 0.75 * np.linspace(0, 1, _ROWS)[:, None] ** 3 * (np.abs(turn) < 1.6)
    depth = np.where(np.abs(turn) < np.pi / 2, 1.20, 1.0)
    points = np.stack(
        [0.84 * radius * np.sin(turn), height, AXIS_Z - depth * radius * np.cos(turn)], axis=-1
    )
    outward = np.stack(
        [rim * radius * np.sin(turn), -0.9 * bulge**2, -0.6 * rim * radius * np.cos(turn)], axis=-1
    )
    corner = (np.arange(_ROWS - 1)[:, None] * _COLUMNS + np.arange(_COLUMNS - 1)).ravel()
    quads = np.stack([corner, corner + 1, corner + _COLUMNS + 1, corner + _COLUMNS], axis=1)
    middle = np.abs(turn.reshape(-1)[quads]).mean(axis=1)
    return _Grid(points.reshape(-1, 3), outward.reshape(-1, 3), quads, middle < np.deg2rad(112))


def hair_layers(
    geometry: FaceGeometry, light: np.ndarray, ambient: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The hair behind the face and the hair before it.

    Args:
        geometry: The posed face.
        light: (3,) unit vector towards the lamp.
        ambient: Ratio of the light that comes from everywhere.
        rng: Draws the strands.

    Returns:
        Two premultiplied layers (H, W, 4) uint8.
    """
    params = geometry.params
    style, bald = params.looks.hair_style, params.looks.hair_style == 'bald'
    grid = _grid(style)
    volume = 0.01 if bald else 0.05 + 0.16 * params.looks.hair_volume
    wide = np.array([1 + 0.06 * params.identity.face_width, 1.0, 1.0])
    camera = geometry.to_camera((grid.points + volume * grid.outward) * wide)
    facing, diffuse = lambert(camera, grid.quads, light)
    shade = ambient + (1 - ambient) * diffuse * 1.3
    if not bald:
        strands = rng.uniform(0.8, 1.2, _COLUMNS - 1)
        shade = shade * np.tile(strands, _ROWS - 1)
    color = np.array(params.looks.skin if bald else params.looks.hair)
    values = shade[:, None] * color
    pixels, depth = geometry.to_image(camera), camera[:, 2]
    front, back = grid.front & facing, ~(grid.front & facing)
    values[~facing] *= 0.55
    return tuple(
        paint_quads(params.size, pixels, grid.quads[part], depth, values[part])
        for part in (back, front)
    )
