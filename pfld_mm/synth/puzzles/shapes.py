"""Outlines of puzzle pieces in unit coordinates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CURVE_POINTS = 240


@dataclass(frozen=True)
class Shape:
    """A piece's outline before it is sized, turned and placed.

    Attributes:
        kind: One of `SHAPE_KINDS`.
        contours: The outer contour and the holes, each (M, 2). The outer contour's bounding box is
            centerd on the origin and its longer side is 1. Filled by the even-odd rule.
        turnable: Whether a rotation can be seen at all (not for a disc).
    """

    kind: str
    contours: tuple[np.ndarray, ...]
    turnable: bool = True


def resample(contour: np.ndarray, count: int = CURVE_POINTS) -> np.ndarray:
    """Spread `count` points evenly along a closed contour (M, 2)."""
    closed = np.vstack([contour, contour[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0.0, along[-1], count, endpoint=False)
    return np.stack([np.interp(at, along, closed[:, k]) for k in (0, 1)], axis=1)


def smooth(contour: np.ndarray, sigma: float) -> np.ndarray:
    """Round all corners: a circular Gaussian over the evenly spread contour.

    Args:
        contour: (M, 2).
        sigma: Width of the Gaussian as a ratio of the contour's length.
    """
    points = resample(contour)
    frequency = np.fft.fftfreq(len(points)) * len(points)
    damping = np.exp(-2.0 * (np.pi * sigma * frequency) ** 2)
    return np.stack([np.fft.ifft(np.fft.fft(points[:, k]) * damping).real for k in (0, 1)], axis=1)


def regular(corners: int, inner: float = 1.0, turn: float = 0.0) -> np.ndarray:
    """A regular polygon, or a star when `inner` (radius of every other corner) is below 1."""
    count = corners if inner == 1.0 else 2 * corners
    angle = turn + np.arange(count) * (2 * np.pi / count)
    radius = np.where(np.arange(count) % 2 == 1, inner, 1.0)
    return np.stack([radius * np.sin(angle), -radius * np.cos(angle)], axis=1)


def jigsaw(rng: np.random.Generator) -> np.ndarray:
    """A jigsaw piece: every side flat, with a round tab or with a round hole."""
    kinds = rng.choice((-1, 0, 1), size=4, p=(0.35, 0.25, 0.4))
    if not kinds.any():
        kinds[rng.integers(4)] = 1
    radius = rng.uniform(0.1, 0.21)
    # A knob reaches radius * (1 + lift) far: deeper holes would cut the piece apart.
    lift = min(rng.uniform(0.0, 0.92), 0.36 / radius - 1)
    corner = np.array([-0.5, -0.5])
    sides = []
    for turn, kind in enumerate(kinds):
        # Large knobs stay in the middle: two holes side by side must not meet.
        middle = rng.uniform(-0.08, 0.08) if radius < 0.16 and rng.random() < 0.3 else 0.0
        side = np.vstack([corner, _knob(middle, radius, lift, kind) + (0.0, -0.5)])
        for _ in range(turn):
            side = np.stack([-side[:, 1], side[:, 0]], axis=1)
        sides.append(side)
    aspect = rng.uniform(0.85, 1.18) if rng.random() < 0.5 else 1.0
    contour = np.vstack(sides) * (1.0, aspect)
    return smooth(contour, rng.uniform(0.002, 0.012)) if rng.random() < 0.5 else contour


def _knob(middle: float, radius: float, lift: float, kind: int) -> np.ndarray:
    """The arc above the side y = 0 of a circle at (middle, -kind * lift * radius), left to right.

    kind 1 bulges outwards (negative y), -1 inwards; 0 has no points.
    """
    if kind == 0:
        return np.empty((0, 2))
    low = -np.arcsin(lift)
    sweep = np.linspace(np.pi - low, low, 40)
    return np.stack(
        [middle + radius * np.cos(sweep), -kind * radius * (lift + np.sin(sweep))], axis=1
    )


def _disc(rng: np.random.Generator) -> np.ndarray:
    return regular(90)


def _rounded_square(rng: np.random.Generator) -> np.ndarray:
    side = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    return smooth(side * (1.0, rng.uniform(0.7, 1.3)), rng.uniform(0.001, 0.05))


def _polygon(rng: np.random.Generator) -> np.ndarray:
    contour = regular(int(rng.integers(3, 9)), turn=rng.choice((0.0, rng.uniform(0, 2 * np.pi))))
    return smooth(contour, rng.uniform(0.004, 0.02)) if rng.random() < 0.4 else contour


def _star(rng: np.random.Generator) -> np.ndarray:
    contour = regular(int(rng.integers(4, 8)), inner=rng.uniform(0.4, 0.7))
    return smooth(contour, rng.uniform(0.004, 0.012)) if rng.random() < 0.5 else contour


def _heart(rng: np.random.Generator) -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([x, y * rng.uniform(0.9, 1.1)], axis=1)


def _blob(rng: np.random.Generator) -> np.ndarray:
    """A smooth random closed curve: leaves, clouds, drops."""
    t = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    radius = 1.0
    for order in range(2, 7):
        radius = radius + rng.normal(0, 0.5 / order**1.3) * np.cos(order * t + rng.uniform(0, 6.28))
    radius = np.maximum(radius, 0.35)
    return np.stack([radius * np.cos(t), radius * np.sin(t)], axis=1)


MAKERS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    'jigsaw': jigsaw,
    'disc': _disc,
    'rounded_square': _rounded_square,
    'polygon': _polygon,
    'star': _star,
    'heart': _heart,
    'blob': _blob,
}
SHAPE_KINDS = (*MAKERS, 'hollow')
_COMMONNESS = {'jigsaw': 12.0, 'rounded_square': 1.5, 'polygon': 2.0}


def random_shape(rng: np.random.Generator, kinds: tuple[str, ...] = SHAPE_KINDS) -> Shape:
    """Draw a shape; jigsaw pieces are as common as all the others together.

    Args:
        rng: Source of chance.
        kinds: The kinds to choose from, a part of `SHAPE_KINDS`.
    """
    weights = np.array([_COMMONNESS.get(kind, 1.0) for kind in kinds])
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    # The inner contour of a hollow shape is a scaled copy: it must not cross the outer one.
    solid = rng.choice(('disc', 'rounded_square', 'polygon', 'star')) if kind == 'hollow' else kind
    contour = MAKERS[str(solid)](rng)
    low, high = contour.min(axis=0), contour.max(axis=0)
    contour = (contour - (low + high) / 2) / (high - low).max()
    contours = (contour,)
    if kind == 'hollow':
        centroid = contour.mean(axis=0)
        contours = (contour, centroid + (contour - centroid) * rng.uniform(0.35, 0.7))
    return Shape(kind, contours, turnable=solid != 'disc')
