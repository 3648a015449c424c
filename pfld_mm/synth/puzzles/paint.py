"""Paints outlines with their looks onto an image."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from pfld_mm.synth.puzzles.looks import BLACK, WHITE, Edge, Look
from pfld_mm.synth.puzzles.outline import Outline, Patch, rotation

MIN_CONTRAST = 6.0
"""Mean change in gray levels along its outline below which a smooth gap would not be findable."""


def paint_gap(image: np.ndarray, outline: Outline, look: Look, rng: np.random.Generator) -> None:
    """Paint a gap into `image` (H, W, 3) uint8; where it would not show, add a line to it."""
    patch = _surroundings(image, outline)
    under = patch.cut(image).astype(np.float32)
    mask = outline.alpha(patch)
    seed = int(rng.integers(1 << 31))

    def paint(look: Look) -> np.ndarray:
        pattern = np.random.default_rng(seed)
        around = _outside(under, mask, outline, look)
        inside = _inside(around, mask, outline, look, pattern)
        return _stroke(around + (inside - around) * mask[..., None], outline, patch, look)

    patch.cut(image)[:] = _visibly(paint, under, outline, patch, look)


def paint_piece(
    image: np.ndarray, clean: np.ndarray, piece: Outline, gap: Outline, look: Look
) -> None:
    """Paint the piece with what the `clean` image shows under the gap, turned upright.

    Like a gap, a piece that would not show gets a line.
    """
    patch = _surroundings(image, piece)
    under = patch.cut(image).astype(np.float32)
    mask = piece.alpha(patch)
    content = cut_out(clean, piece, gap, patch)

    def paint(look: Look) -> np.ndarray:
        around = _outside(under, mask, piece, look)
        inside = _inside(content, mask, piece, look, np.random.default_rng(0))
        return _stroke(around + (inside - around) * mask[..., None], piece, patch, look)

    patch.cut(image)[:] = _visibly(paint, under, piece, patch, look)


def _surroundings(image: np.ndarray, outline: Outline) -> Patch:
    height, width = image.shape[:2]
    return outline.patch(0.3 * outline.size + 2, width, height)


def _visibly(
    paint: Callable[[Look], np.ndarray],
    under: np.ndarray,
    outline: Outline,
    patch: Patch,
    look: Look,
) -> np.ndarray:
    """Paint with a stronger and stronger look until the outline stands out from the image."""
    rim = outline.stroke(patch, 0.07 * outline.size)
    rim /= rim.sum()
    gray = _gray(under)
    detail = np.abs(gray - cv2.GaussianBlur(gray, (0, 0), 3))
    wanted = MIN_CONTRAST + 0.4 * float((detail * rim).sum())
    color = WHITE if float((gray * rim).sum()) < 128 else BLACK
    painted = np.clip(paint(look), 0, 255)
    for _ in range(3):
        if float((_gray(np.abs(painted - under)) * rim).sum()) >= wanted:
            break
        look = look.stronger(color)
        painted = np.clip(paint(look), 0, 255)
    return np.rint(painted).astype(np.uint8)


def _gray(image: np.ndarray) -> np.ndarray:
    return cv2.transform(image, np.full((1, 3), 1 / 3))


def cut_out(clean: np.ndarray, piece: Outline, gap: Outline, patch: Patch) -> np.ndarray:
    """What the piece shows: (h, w, 3) float32 over `patch`, sampled from under the gap.

    A point p of the piece shows the point gap.pivot + R (p - piece.pivot), R the gap's rotation.
    """
    turn = rotation(gap.angle - piece.angle)
    # Continuous coordinates of a pixel index are index + 0.5 (+ the patch's corner).
    corner = np.array([patch.left + 0.5, patch.top + 0.5])
    shift = gap.pivot + turn @ (corner - piece.pivot) - 0.5
    return cv2.warpAffine(
        clean,
        np.hstack([turn, shift[:, None]]),
        (patch.width, patch.height),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    ).astype(np.float32)


def _outside(under: np.ndarray, mask: np.ndarray, outline: Outline, look: Look) -> np.ndarray:
    for edge in look.outer:
        band = np.minimum(1.0, 2.0 * _soft(mask, edge, outline.size)) * (1.0 - mask)
        under = _blend(under, edge.color, band * edge.opacity)
    return under


def _inside(
    inside: np.ndarray,
    mask: np.ndarray,
    outline: Outline,
    look: Look,
    rng: np.random.Generator,
) -> np.ndarray:
    size = outline.size
    if look.frost:
        inside = cv2.GaussianBlur(inside, (0, 0), look.frost * size)
    if look.opacity:
        opacity = np.full_like(mask, look.opacity)
        if look.hollow:
            depth = cv2.GaussianBlur(mask, (0, 0), 0.08 * size)
            opacity *= 1.0 - look.hollow * np.clip(2.0 * depth - 1.0, 0.0, 1.0)
        inside = _blend(inside, look.fill, opacity)
    if look.texture:
        inside = inside + _pattern(mask.shape, look.texture, rng)[..., None]
    for edge in look.inner:
        band = np.minimum(1.0, 2.0 * (1.0 - _soft(mask, edge, size)))
        inside = _blend(inside, edge.color, band * edge.opacity)
    return inside


def _stroke(painted: np.ndarray, outline: Outline, patch: Patch, look: Look) -> np.ndarray:
    if not look.stroke_opacity:
        return painted
    line = outline.stroke(patch, look.stroke_width * outline.size)
    return _blend(painted, look.stroke, line * look.stroke_opacity)


def _soft(mask: np.ndarray, edge: Edge, size: float) -> np.ndarray:
    """The mask moved by the edge's offset and blurred: (h, w) in [0, 1]."""
    x, y = edge.offset[0] * size, edge.offset[1] * size
    if x or y:
        move = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
        mask = cv2.warpAffine(mask, move, mask.shape[::-1])
    return cv2.GaussianBlur(mask, (0, 0), max(0.4, edge.blur * size))


def _blend(image: np.ndarray, color: tuple[float, ...], opacity: np.ndarray) -> np.ndarray:
    return image + (np.array(color, np.float32) - image) * opacity[..., None]


def _pattern(shape: tuple[int, int], strength: float, rng: np.random.Generator) -> np.ndarray:
    """Noise of random coarseness, or stripes: (h, w) float32 of the given standard deviation."""
    height, width = shape
    if rng.random() < 0.3:
        period, angle = rng.uniform(3, 12), rng.uniform(0, np.pi)
        y, x = np.mgrid[:height, :width].astype(np.float32)
        wave = np.cos((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period))
        return (strength * 1.4 * wave).astype(np.float32)
    grain = float(rng.uniform(1, 6))
    small = rng.standard_normal((int(height / grain) + 2, int(width / grain) + 2), np.float32)
    return strength * cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
