"""What stands before a face: glasses, hand, mask, fringe, patches. No label depends on it."""

import cv2
import numpy as np

from pfld_mm.synth.faces.drawing import circle, curve, fill, mix, stroke
from pfld_mm.synth.faces.geometry import FaceGeometry


def draw_occlusion(
    image: np.ndarray, geometry: FaceGeometry, points: np.ndarray, rng: np.random.Generator
) -> None:
    """Draw the occlusion that the parameters name on the image (H, W, 3) uint8, in place."""
    draw = _KINDS.get(geometry.params.occlusion)
    if draw is not None:
        draw(image, geometry, points, rng)


def _sunglasses(
    image: np.ndarray, geometry: FaceGeometry, points: np.ndarray, rng: np.random.Generator
) -> None:
    tint = rng.uniform(5, 70, 3)
    width, height = rng.uniform(0.22, 0.27), rng.uniform(0.15, 0.21)
    rims = []
    for side in (-1, 1):
        rim = circle(np.array([0.35 * side, 0.02, -0.22]), 1.0, 24)
        rim[:, 0] = 0.35 * side + np.clip((rim[:, 0] - 0.35 * side) * 1.15, -1, 1) * width
        rim[:, 1] = 0.02 + np.clip((rim[:, 1] - 0.02) * 1.2, -1, 1) * height
        rim[:, 2] += 0.25 * np.clip(np.abs(rim[:, 0]) - 0.35, 0, None)
        rims.append(geometry.project(rim))
    near = 1 if geometry.params.yaw > 0 else 0
    temple = geometry.project(
        np.array([[0.6, -0.04, -0.12], [0.86, -0.02, 0.9]]) * (2 * near - 1, 1, 1)
    )
    if geometry.params.yaw == 0 or abs(geometry.params.yaw) > 0.2:
        stroke(image, temple, tint * 0.5, geometry.unit * 0.04)
    bridge = geometry.project(
        np.array([[-0.12, -0.03, -0.25], [0, -0.05, -0.32], [0.12, -0.03, -0.25]])
    )
    stroke(image, curve(bridge), tint * 0.5, geometry.unit * 0.035)
    for index in (1 - near, near):
        fill(image, rims[index], tint)
        stroke(image, rims[index], tint * 0.5, geometry.unit * 0.02, closed=True)
        shine = rims[index].mean(axis=0) + (rims[index][14:19] - rims[index].mean(axis=0)) * 0.7
        stroke(image, curve(shine), tint + 90, geometry.unit * 0.02)


def _hand(
    image: np.ndarray, geometry: FaceGeometry, points: np.ndarray, rng: np.random.Generator
) -> None:
    """A palm and four fingers that come in from one side of the lower face."""
    unit, skin = geometry.unit, np.array(geometry.params.looks.skin) * rng.uniform(0.75, 0.95)
    side = rng.choice([-1, 1])
    target = points[rng.choice([4, 8, 57, 79, 85, 24, 28, 96, 97])]
    direction = np.array([-side * 0.9, -rng.uniform(0.2, 0.9)])
    direction /= np.hypot(*direction)
    across = np.array([-direction[1], direction[0]])
    palm = target - direction * 0.45 * unit
    line = mix(skin, (20, 20, 30), 0.35)
    wrist = palm - direction * 2.5 * unit
    arm = np.stack([palm + across * 0.24 * unit, wrist + across * 0.3 * unit,
                    wrist - across * 0.3 * unit, palm - across * 0.24 * unit])  # fmt: skip
    fill(image, arm, skin * 0.95)
    ring = circle(np.zeros(2), 1.0, 20)
    fill(image, palm + (ring[:, :1] * direction * 0.36 + ring[:, 1:] * across * 0.32) * unit, skin)
    for place in (-0.24, -0.08, 0.08, 0.24):
        knuckle = palm + (direction * 0.2 + across * place) * unit
        length = (0.45 - abs(place)) * rng.uniform(0.85, 1.15) * unit
        middle = knuckle + direction * length / 2
        finger = (
            middle + ring[:, :1] * direction * (length * 0.7) + ring[:, 1:] * across * 0.078 * unit
        )
        fill(image, finger, skin)
        stroke(image, finger, line, 1, closed=True)


def _mask(
    image: np.ndarray, geometry: FaceGeometry, points: np.ndarray, rng: np.random.Generator
) -> None:
    """A mask or scarf over mouth and chin, up to the middle of the nose."""
    color = rng.uniform(40, 240, 3)
    top = points[53] * 0.6 + points[52] * 0.4
    edge = np.vstack([points[5:28], points[54], top])
    edge = cv2.convexHull(edge.astype(np.float32))[:, 0].astype(float)
    middle = edge.mean(axis=0)
    fill(image, middle + (edge - middle) * 1.03, color)
    down = points[16] - points[57]
    for left, right, height in ((7, 25, 0.2), (9, 23, 0.45), (11, 21, 0.7)):
        fold = np.stack([points[left], points[57] + height * down, points[right]])
        stroke(image, curve(fold), color * 0.8, 1)
    for ear, end in ((1, 5), (31, 27)):
        stroke(image, points[[ear, end]], color * 0.9, geometry.unit * 0.02)


def _fringe(
    image: np.ndarray, geometry: FaceGeometry, points: np.ndarray, rng: np.random.Generator
) -> None:
    """Strands of hair that hang over forehead and brows."""
    hair = np.array(geometry.params.looks.hair)
    left, right = sorted(rng.uniform(-0.75, 0.75, 2))
    left, right = min(left, -0.2), max(right, 0.2)
    low = rng.uniform(-0.1, 0.15)
    for x in np.linspace(left, right, 12):
        bend = 0.55 * np.sqrt(max(0.0, 1 - (x / 0.85) ** 2))
        tip_x = x + rng.normal(0, 0.05)
        strand = np.array([
            [x - 0.09, -0.80, 0.40 - bend], [x + 0.09, -0.80, 0.40 - bend],
            [x + 0.08, -0.45, 0.22 - bend], [tip_x, low + rng.normal(0, 0.06), 0.22 - bend],
            [x - 0.08, -0.45, 0.22 - bend],
        ])  # fmt: skip
        fill(image, curve(geometry.project(strand), closed=True), hair * rng.uniform(0.75, 1.1))


def _patches(
    image: np.ndarray, geometry: FaceGeometry, points: np.ndarray, rng: np.random.Generator
) -> None:
    """One to three random polygons over the face."""
    for _ in range(int(rng.integers(1, 4))):
        middle = points[rng.integers(98)] + rng.normal(0, 0.1, 2) * geometry.unit
        radius = rng.uniform(0.15, 0.38) * geometry.unit
        corners = circle(middle, 1.0, int(rng.integers(4, 9))) - middle
        corners *= rng.uniform(0.6, 1.2, (len(corners), 1)) * radius
        fill(image, middle + corners, rng.uniform(0, 255, 3))


_KINDS = {
    'sunglasses': _sunglasses,
    'hand': _hand,
    'mask': _mask,
    'fringe': _fringe,
    'patches': _patches,
}
