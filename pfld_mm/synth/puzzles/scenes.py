"""Procedural backgrounds: landscapes, still lifes, piles, facades, textures, blurred lights."""

from __future__ import annotations

import cv2
import numpy as np

from pfld_mm.synth.puzzles.noise import colorise, fractal, palette, vignette


def random_scene(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A background (H, W, 3) BGR uint8 with the edges, gradients and detail of photographs."""
    scenes = (_landscape, _still_life, _pile, _facade, _texture, _strokes, _lights)
    image = scenes[int(rng.integers(len(scenes)))](rng, width, height)
    if rng.random() < 0.3:
        other = scenes[int(rng.integers(len(scenes)))](rng, width, height)
        ratio = np.clip(fractal(rng, width, height, 0.4) * rng.choice((1, 30)) + 0.5, 0, 1)
        image += (other - image) * ratio[..., None]
    detail = fractal(rng, width, height, rng.uniform(0.45, 0.8), coarsest=12)
    image += (detail * rng.uniform(0, 5) ** 2)[..., None]
    if rng.random() < 0.4:
        image *= vignette(width, height, rng.uniform(0.1, 0.5))[..., None]
    return np.clip(image, 0, 255).astype(np.uint8)


def _gradient(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    angle = rng.normal(np.pi / 2, 0.4)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None] * np.cos(angle)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * np.sin(angle)
    return colorise((2 * (x + y)).astype(np.float32), palette(rng, int(rng.integers(2, 5))))


def _landscape(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    image = _gradient(rng, width, height)
    if rng.random() < 0.7:
        clouds = np.clip(fractal(rng, width, height, 0.55) + rng.uniform(-1, 0.5), 0, 1)
        image += (rng.uniform(180, 255) - image) * (clouds * rng.uniform(0.3, 1))[..., None]
    rows = np.arange(height)[:, None]
    skyline = rng.uniform(0.2, 0.6)
    for _ in range(int(rng.integers(1, 5))):
        ridge = fractal(rng, width, 2, rng.uniform(0.3, 0.65))[0]
        top = height * (skyline + rng.uniform(0.02, 0.12) * ridge)
        ratio = np.clip(rows - top[None] + 0.5, 0, 1).astype(np.float32)[..., None]
        ground = fractal(rng, width, height, rng.uniform(0.5, 0.9), int(rng.integers(2, 16)))
        image += (colorise(ground, palette(rng, 3)) * rng.uniform(0.4, 1) - image) * ratio
        skyline += rng.uniform(0.08, 0.3)
    return image


def _still_life(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Shaded things with shadows on a table."""
    grain = fractal(rng, width, max(2, height // int(rng.integers(1, 30))), 0.6)
    image = colorise(cv2.resize(grain, (width, height)), palette(rng, 3))
    for _ in range(int(rng.integers(3, 22))):
        center = rng.uniform((0, 0), (width, height))
        radius = height * np.exp(rng.uniform(np.log(0.04), np.log(0.5)))
        left, top = (max(0, int(v - 1.2 * radius) - 8) for v in center)
        right, bottom = (int(v + 1.2 * radius) + 16 for v in center)
        _add_thing(rng, image[top:bottom, left:right], center - (left, top), radius)
    return image


def _add_thing(
    rng: np.random.Generator, image: np.ndarray, center: np.ndarray, radius: float
) -> None:
    """Draw one shaded figure with its shadow into `image` (h, w, 3) float32, in place."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.float32)
    _random_figure(rng, mask, center, radius)
    reach = int(radius * 0.1) + 1
    shadow = cv2.warpAffine(mask, np.float32([[1, 0, reach], [0, 1, reach]]), (width, height))
    image *= 1 - 0.5 * cv2.GaussianBlur(shadow, (0, 0), 4)[..., None]
    x, y = np.arange(width) - center[0], np.arange(height) - center[1]
    light = np.clip(1.1 - 0.35 * (x[None] + y[:, None]) / radius, 0.3, 1.5)
    thing = light.astype(np.float32)[..., None] * palette(rng, 3)[rng.integers(1, 3)]
    image += (thing - image) * mask[..., None]


def _pile(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Beans, pebbles, petals, leaves: hundreds of small things over one another."""
    image = np.ascontiguousarray(colorise(fractal(rng, width, height, 0.5), palette(rng, 3)))
    colors, size = palette(rng, 8), height * rng.uniform(0.02, 0.09)
    slim, main, spread = rng.uniform(0.25, 1.0), rng.uniform(0, 360), rng.uniform(5, 180)
    count = int(min(900, 2.5 * width * height / (3 * slim * size * size)) * rng.uniform(0.3, 1))
    for _ in range(count):
        x, y = rng.uniform(0, (width, height)) * 16
        axes = size * rng.uniform(0.6, 1.3) * np.array([1.0, slim]) * 16
        turn, color = rng.normal(main, spread), colors[rng.integers(8)] * rng.uniform(0.7, 1.2)
        for ratio, light in ((1.15, 0.4), (1.0, 1.0), (0.5, 1.25)):
            size_px = tuple(int(v) for v in axes * ratio)
            shade = (color * light).tolist()
            center = int(x + 10 * ratio), int(y + 10 * ratio)
            cv2.ellipse(image, center, size_px, turn, 0, 360, shade, -1, cv2.LINE_8, 4)
    return image


def _random_figure(
    rng: np.random.Generator, mask: np.ndarray, center: np.ndarray, radius: float
) -> None:
    """Fill an ellipse, a rotated rectangle or a polygon into `mask` with ones."""
    count = int(rng.choice((4, 4, 40, 40, rng.integers(3, 9))))
    angle = np.sort(rng.uniform(0, 2 * np.pi, count)) if count < 9 else np.linspace(0, 6.28, count)
    if count == 4:
        angle = np.array([0.25, 0.75, 1.25, 1.75]) * np.pi
    points = np.stack([np.cos(angle), np.sin(angle) * rng.uniform(0.3, 1)], axis=1) * radius
    turn = rng.uniform(0, np.pi)
    cos, sin = np.cos(turn), np.sin(turn)
    points = points @ np.array([[cos, sin], [-sin, cos]]) + center
    cv2.fillPoly(mask, [np.rint(points * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)


def _facade(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Houses with rows of windows under a sky, seen slightly askew."""
    image = _gradient(rng, width, height)
    x = -rng.uniform(0, 60)
    while x < width:
        wide = rng.uniform(0.08, 0.5) * width
        top = rng.uniform(-0.1, 0.6) * height
        wall = palette(rng, 3)
        _rectangle(image, x, top, x + wide, height, wall[rng.integers(3)])
        step = rng.uniform(6, 45), rng.uniform(8, 45)
        ratio = rng.uniform(0.3, 0.75, 2)
        for wx in np.arange(x + step[0] / 3, x + wide - step[0] * ratio[0], step[0]):
            for wy in np.arange(top + step[1] / 3, height, step[1]):
                color = wall[0] if rng.random() < 0.8 else wall[2]
                _rectangle(image, wx, wy, wx + step[0] * ratio[0], wy + step[1] * ratio[1], color)
        x += wide
    skew = np.eye(2, 3) + rng.normal(0, 0.06, (2, 3)) * (1, 1, 0)
    return cv2.warpAffine(image, skew, (width, height), borderMode=cv2.BORDER_REFLECT_101)


def _rectangle(
    image: np.ndarray, x1: float, y1: float, x2: float, y2: float, color: np.ndarray
) -> None:
    corners = (max(0, round(v)) for v in (x1, y1, x2, y2))
    left, top, right, bottom = corners
    image[top:bottom, left:right] = color


def _texture(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Leaves, stone, wood, marble: mapped noise, sometimes with waves."""
    field = fractal(rng, width, height, rng.uniform(0.5, 1.0), int(rng.integers(2, 24)))
    if rng.random() < 0.5:
        field = 1.5 * np.sin(field * rng.uniform(1, 5) + np.linspace(0, 20, width)[None])
    return colorise(field, palette(rng, int(rng.integers(2, 6))))


def _strokes(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Grass, branches, brush strokes: many lines over soft ground."""
    image = np.ascontiguousarray(colorise(fractal(rng, width, height, 0.5), palette(rng, 4)))
    colors = palette(rng, 6)
    main, spread = rng.uniform(0, np.pi), rng.uniform(0.1, 1.5)
    for _ in range(int(rng.integers(60, 350))):
        start = rng.uniform((0, 0), (width, height))
        angle, length = rng.normal(main, spread), rng.uniform(0.05, 0.4) * height
        end = start + length * np.array([np.cos(angle), np.sin(angle)])
        color = colors[rng.integers(6)] * rng.uniform(0.6, 1.2)
        ends = [tuple(int(v * 16) for v in p) for p in (start, end)]
        thickness = int(rng.integers(1, 7))
        cv2.line(image, *ends, color.tolist(), thickness, cv2.LINE_8, 4)
    return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.5))


def _lights(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Out-of-focus discs over a gradient."""
    image = _gradient(rng, width, height) * rng.uniform(0.3, 1)
    glow = np.zeros((height, width, 3), np.float32)
    colors = palette(rng, 5)
    for _ in range(int(rng.integers(10, 60))):
        center = rng.integers((0, 0), (width, height)).tolist()
        radius = int(height * rng.uniform(0.01, 0.16))
        layer = (colors[rng.integers(5)] * rng.uniform(0.2, 0.8)).tolist()
        cv2.circle(glow, center, radius, layer, -1, cv2.LINE_AA)
    return image + cv2.GaussianBlur(glow, (0, 0), rng.uniform(0.6, 6))
