"""What is behind a face: procedural images."""

import cv2
import numpy as np


def background(kind: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """A square background (size, size, 3) uint8 of a kind of `face_parameters.BACKGROUNDS`."""
    return _KINDS[kind](size, rng)


def _colors(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 3) float32, muted: half-way between a random color and its gray."""
    colors = rng.uniform(5, 250, (count, 3))
    return (0.55 * colors + 0.45 * colors.mean(axis=1, keepdims=True)).astype(np.float32)


def _grown(small: np.ndarray, size: int) -> np.ndarray:
    grown = cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.clip(grown, 0, 255).astype(np.uint8)


def _gradient(size: int, rng: np.random.Generator) -> np.ndarray:
    return _grown(_colors(4, rng).reshape(2, 2, 3), size)


def _noise(size: int, rng: np.random.Generator) -> np.ndarray:
    side = int(rng.integers(4, 24))
    middle = _colors(1, rng)[0]
    spread = rng.uniform(15, 70)
    return _grown(
        (
            middle + rng.normal(0, spread, (side, side, 1)) + rng.normal(0, 12, (side, side, 3))
        ).astype(np.float32),
        size,
    )


def _blobs(size: int, rng: np.random.Generator) -> np.ndarray:
    image = _gradient(size, rng)
    for color in _colors(int(rng.integers(4, 14)), rng):
        middle = tuple(rng.integers(0, size, 2).tolist())
        axes = tuple((rng.uniform(0.03, 0.25, 2) * size).astype(int).tolist())
        angle = float(rng.uniform(0, 180))
        cv2.ellipse(image, middle, axes, angle, 0, 360, color.tolist(), -1, cv2.LINE_AA)
    return cv2.blur(image, (5, 5)) if rng.random() < 0.5 else image


def _stripes(size: int, rng: np.random.Generator) -> np.ndarray:
    one, other = _colors(2, rng)
    angle, period = rng.uniform(0, np.pi), rng.uniform(8, 60)
    place = np.arange(size, dtype=np.float32)
    phase = (np.cos(angle) * place[None] + np.sin(angle) * place[:, None]) * (2 * np.pi / period)
    wave = np.clip(0.5 + 1.5 * np.sin(phase), 0, 1)[..., None]
    return (one * wave + other * (1 - wave)).astype(np.uint8)


_KINDS = {'gradient': _gradient, 'noise': _noise, 'blobs': _blobs, 'stripes': _stripes}
