"""Paints a synthetic face: background, body, hair, skin, features, hair, occlusion, camera."""

from functools import cache

import cv2
import numpy as np

from pfld_mm.synth.faces.backgrounds import background
from pfld_mm.synth.faces.drawing import (
    circle,
    curve,
    fill,
    lambert,
    lay_over,
    mix,
    paint_quads,
    stroke,
)
from pfld_mm.synth.faces.features import draw_features
from pfld_mm.synth.faces.geometry import FaceGeometry, face_geometry
from pfld_mm.synth.faces.hair import hair_layers
from pfld_mm.synth.faces.mesh import face_mesh
from pfld_mm.synth.faces.occlusions import draw_occlusion
from pfld_mm.synth.faces.parameters import FaceParameters, Lighting

_SHADE_SCALE = 150.0  # the value of a quad that stands for normal brightness


def render_face(params: FaceParameters) -> tuple[np.ndarray, np.ndarray]:
    """Paint one face.

    Returns:
        image: (H, W, 3) uint8, BGR.
        points: (98, 2) float64, the WFLW landmarks in pixels; integers are pixel centers.
    """
    rng = np.random.default_rng(params.texture_seed)
    geometry = face_geometry(params)
    points = geometry.landmarks()
    light = _lamp(params.lighting)
    image = background(params.background, params.size, rng)
    behind, before = hair_layers(geometry, light, params.lighting.ambient, rng)
    _draw_body(image, geometry)
    lay_over(image, behind)
    _draw_neck(image, geometry)
    _draw_ears(image, geometry, near=False)
    _lay_skin(image, geometry, points, light)
    lay_over(image, before)
    if params.looks.hair_style != 'long':  # long hair covers them
        _draw_ears(image, geometry, near=True)
    draw_occlusion(image, geometry, points, rng)
    return _photograph(image, params, rng), points


def _lamp(lighting: Lighting) -> np.ndarray:
    """(3,) unit vector from the face towards the lamp, in the camera's frame."""
    azimuth, elevation = lighting.azimuth, lighting.elevation
    return np.array(
        [
            np.sin(azimuth) * np.cos(elevation),
            -np.sin(elevation),
            -np.cos(azimuth) * np.cos(elevation),
        ]
    )


@cache
def _skin_tints() -> tuple[np.ndarray, np.ndarray]:
    """Where blush and beard are: two (Q,) amounts 0..1 of the mesh's quads."""
    mesh = face_mesh()
    grid = mesh.offset + mesh.weights @ mesh.controls
    x, y, _ = grid[mesh.quads].mean(axis=1).T
    cheek = np.exp(-((np.abs(x) - 0.47) ** 2 + (y - 0.36) ** 2) / (2 * 0.13**2))
    jaw = np.clip((y - 0.62 + 0.25 * np.clip(0.45 - np.abs(x), 0, None)) / 0.2, 0, 1)
    sideburn = np.clip((np.abs(x) - 0.68) / 0.06, 0, 1) * np.clip((y - 0.1) / 0.2, 0, 1)
    moustache = np.exp(-((x / 0.22) ** 4) - ((y - 0.60) / 0.06) ** 2)
    return cheek, np.clip(np.maximum(jaw, np.maximum(sideburn, moustache)), 0, 1)


def _lay_skin(
    image: np.ndarray, geometry: FaceGeometry, points: np.ndarray, light: np.ndarray
) -> None:
    """Paint the lit face with its features over the image, in place."""
    params, mesh = geometry.params, face_mesh()
    camera = geometry.to_camera(mesh.offset + mesh.weights @ geometry.controls)
    facing, diffuse = lambert(camera, mesh.quads, light)
    ambient = params.lighting.ambient
    shade = ambient + (1 - ambient) * diffuse * 1.3
    blush, beard = _skin_tints()
    values = np.column_stack([shade * _SHADE_SCALE, blush * 255, beard * 255])[facing]
    layer = paint_quads(
        params.size, geometry.to_image(camera), mesh.quads[facing], camera[:, 2], values
    )
    cover = layer[..., 3]
    side = int(geometry.unit * 0.07) | 1
    soft = cv2.blur(layer, (side, side)).astype(np.float32)
    soft[..., :3] /= np.maximum(soft[..., 3:], 1.0)
    skin = _skin_color(params, soft[..., 1:2], soft[..., 2:3])
    draw_features(skin, geometry, points)
    lit = np.minimum(skin * (soft[..., :1] * (255 / _SHADE_SCALE)), 255.0)
    amount = cover[..., None].astype(np.float32) / 255
    image[:] = (image * (1 - amount) + lit * amount + 0.5).astype(np.uint8)


def _skin_color(params: FaceParameters, blush: np.ndarray, beard: np.ndarray) -> np.ndarray:
    """Unlit skin (H, W, 3) uint8 from the amounts (H, W, 1) of blush and beard, 0..1."""
    looks = params.looks
    skin = np.array(looks.skin, dtype=np.float32)
    rouge = np.array(mix(looks.skin, looks.make_up, 0.6), dtype=np.float32)
    hair = np.array(mix(looks.skin, looks.hair, 0.85), dtype=np.float32)
    rosy = np.float32(0.10 + 0.75 * looks.blush) * blush
    color = skin + (rouge - skin) * rosy
    if looks.beard:
        color = color + (hair - color) * (beard * np.float32(looks.beard))
    return color.astype(np.uint8)


def _draw_body(image: np.ndarray, geometry: FaceGeometry) -> None:
    """Shoulders under the head; they do not turn with it."""
    unit = geometry.unit
    middle = geometry.project(np.array([[0.0, 1.2, 0.9]]))[0] + (0, 1.75 * unit)
    shoulders = circle(np.zeros(2), 1.0, 32) * (2.1 * unit, 1.25 * unit)
    fill(image, middle + shoulders, np.array(geometry.params.looks.clothes))


def _draw_neck(image: np.ndarray, geometry: FaceGeometry) -> None:
    """Neck and the underside of the jaw, in the shade of the head."""
    unit, skin = geometry.unit, np.array(geometry.params.looks.skin)
    light = geometry.params.lighting
    color = skin * (0.60 * light.ambient + 0.16)
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ring = np.column_stack([0.5 * np.sin(turn), np.full(16, 0.55), 1.05 + 0.5 * np.cos(turn)])
    below = geometry.project(ring + (0.0, 0.65, 0.0)) + (0, 0.75 * unit)
    outline = np.vstack([geometry.project(ring), below]).astype(np.float32)
    fill(image, cv2.convexHull(outline)[:, 0], color)
    jaw = geometry.controls[:33]
    under = jaw * (0.8, 1.0, 1.0) + (0.0, -0.05, 0.35)
    fill(image, geometry.project(np.vstack([jaw, under[::-1]])), color * 0.9)


def _draw_ears(image: np.ndarray, geometry: FaceGeometry, near: bool) -> None:
    """The ears that face the camera (near) or those behind the head."""
    params = geometry.params
    skin = np.array(params.looks.skin) * (params.lighting.ambient * 0.75 + 0.22)
    wide = 1 + 0.06 * params.identity.face_width
    ring = circle(np.zeros(2), 1.0, 20)
    for side in (-1, 1):
        if (side * params.yaw > 0.12) != near:
            continue
        flare = 0.80 + 0.10 * (ring[:, 0] + 1) / 2
        ear = np.column_stack(
            [side * wide * flare, 0.12 + 0.27 * ring[:, 1] - 0.05 * ring[:, 0],
             1.02 + 0.15 * ring[:, 0]]
        )  # fmt: skip
        outline = geometry.project(ear)
        fill(image, outline, skin)
        inner = outline.mean(axis=0) + (outline - outline.mean(axis=0)) * 0.62
        stroke(image, curve(inner[10:19]), skin * 0.65, geometry.unit * 0.02)


def _photograph(image: np.ndarray, params: FaceParameters, rng: np.random.Generator) -> np.ndarray:
    """Exposure, tint, blur and sensor noise."""
    factors = np.array(params.lighting.tint) * params.lighting.gain
    if np.abs(factors - 1).max() > 1e-6:
        table = np.clip(np.arange(256)[:, None] * factors, 0, 255).astype(np.uint8)
        image = cv2.LUT(image, table.reshape(256, 1, 3))
    if params.blur == 'gauss':
        image = cv2.GaussianBlur(image, (0, 0), max(params.blur_size * params.size, 0.3))
    elif params.blur == 'motion':
        image = cv2.filter2D(image, -1, _motion_kernel(params, rng))
    noise = np.empty((params.size // 2, params.size // 2, 3), np.uint8)
    noise[:] = rng.integers(0, 7, noise.shape, dtype=np.uint8)
    return cv2.add(image, cv2.resize(noise, (params.size, params.size)))


def _motion_kernel(params: FaceParameters, rng: np.random.Generator) -> np.ndarray:
    """A straight line of `blur_size * size` pixels through the middle, sum 1."""
    length = max(params.blur_size * params.size, 1.0)
    side = int(np.ceil(length)) | 1
    angle = rng.uniform(0, np.pi)
    half = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
    middle = np.array([side // 2, side // 2], dtype=float)
    kernel = np.zeros((side, side), np.uint8)
    stroke(kernel, np.stack([middle - half, middle + half]), np.array([255.0]), 1)
    return kernel.astype(np.float32) / max(int(kernel.sum()), 1)
