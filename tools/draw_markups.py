"""Draw the numbered points of each face mark-up: ``python tools/draw_markups.py [FOLDER]``.

Writes ``points_98.png`` (WFLW) and ``points_68.png`` (300-W) over a drawn face.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from _common import check_folder
from PIL import Image

from pfld_mm.core.face_markups import MARKUPS
from pfld_mm.core.markup import Markup
from pfld_mm.datasets.face.markup_map import IN_WFLW
from pfld_mm.synth.faces.parameters import Expression, FaceParameters, Lighting, Looks
from pfld_mm.synth.faces.renderer import render_face

ROOT = Path(__file__).resolve().parents[1]
SIZE = 1400
FONT, FONT_SCALE, FONT_WIDTH = cv2.FONT_HERSHEY_SIMPLEX, 0.9, 2
POINT_RADIUS = 7
GRAYS = np.arange(150, 256, 7)
"""Of the face, light enough for the points to stand out."""

Color = tuple[int, int, int]
LINE_COLORS: dict[str, Color] = dict(  # red, green, blue; both sides of the face look alike
    contour=(15, 75, 160),
    right_brow=(170, 80, 0),
    left_brow=(170, 80, 0),
    nose_bridge=(110, 30, 140),
    nostrils=(110, 30, 140),
    right_eye=(0, 110, 40),
    left_eye=(0, 110, 40),
    outer_lips=(190, 10, 40),
    inner_lips=(90, 0, 60),
)
PUPIL_COLOR: Color = (0, 0, 0)
"""For points on no line."""


def drawn_face() -> tuple[np.ndarray, np.ndarray]:
    """A pale gray frontal face (SIZE, SIZE, 3) uint8, and its 98 points (98, 2)."""
    parameters = FaceParameters(
        size=SIZE,
        scale=0.48,
        center=(0.5, 0.39),
        focal=8.0,  # far away: the nose hides nothing
        expression=Expression(mouth_open=0.5),
        lighting=Lighting(azimuth=0.0, elevation=0.4, ambient=0.85),
        looks=Looks(hair_style='bald', clothes=(200, 200, 200)),
    )
    image, points = render_face(parameters)
    gray = cv2.medianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), 7)  # no sensor noise
    pale = GRAYS[gray.astype(int) * len(GRAYS) // 256].astype(np.uint8)
    return cv2.cvtColor(pale, cv2.COLOR_GRAY2RGB), points


def point_colors(markup: Markup) -> list[Color]:
    """The color of each of the K points: that of its line."""
    colors = [PUPIL_COLOR] * markup.num_keypoints
    for name, line in markup.lines.items():
        for index in line.points:
            colors[index] = LINE_COLORS[name]
    return colors


def outward(markup: Markup, points: np.ndarray) -> np.ndarray:
    """(K, 2) unit vectors from the middle of each point's line to the point, or zeros."""
    away = np.zeros_like(points)
    for line in markup.lines.values():
        around = points[list(line.points)]
        away[list(line.points)] = around - (around.min(axis=0) + around.max(axis=0)) / 2
    return away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)


def half_text_size(index: int) -> np.ndarray:
    """(2,) half the width and height of a point's number, pixels."""
    return np.array(cv2.getTextSize(str(index), FONT, FONT_SCALE, FONT_WIDTH)[0]) / 2


def overlaps(places: np.ndarray, half: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(P, O) bool: which boxes, of half size (2,) or (O, 2) around places (P, 2), hold others."""
    return (np.abs(places[:, None] - others) < half).all(axis=2)


def place_labels(markup: Markup, points: np.ndarray) -> np.ndarray:
    """The centers (K, 2) of the numbers, which hide no point and no other number.

    Each number takes the cheapest place around its point: near, outside of its line, not on a
    line. Those of crowded points choose first.

    Raises:
        RuntimeError: If a number has no place.
    """
    turns, radii = np.meshgrid(np.linspace(0, 2 * np.pi, 48, endpoint=False), np.arange(22, 80, 3))
    turns, radii = turns.ravel(), radii.ravel()
    directions = np.column_stack([np.cos(turns), np.sin(turns)])
    steps, links = np.linspace(0, 1, 40)[:, None], points[markup.skeleton]
    lines = np.concatenate([start + (end - start) * steps for start, end in links])
    halves = np.array([half_text_size(index) for index in range(len(points))])
    away, centers = outward(markup, points), np.full_like(points, np.inf)
    room = np.sort(np.linalg.norm(points[:, None] - points, axis=2), axis=1)[:, 1:4].sum(axis=1)
    for index in np.argsort(room):
        half, places = halves[index], points[index] + directions * radii[:, None]
        taken = overlaps(places, half + POINT_RADIUS + 4, points).any(axis=1)
        taken |= overlaps(places, half + halves + 6, centers).any(axis=1)
        taken |= (np.minimum(places, SIZE - places) < half + 4).any(axis=1)
        if taken.all():
            raise RuntimeError(f'{markup.name}: no room for the number of point {index}')
        cost = radii - 12 * directions @ away[index]
        near = lines[np.abs(lines - points[index]).max(axis=1) < 150]
        cost = cost + 6 * overlaps(places, half + 4, near).sum(axis=1)
        centers[index] = places[np.where(taken, np.inf, cost).argmin()]
    return centers


def draw_markup(markup: Markup, image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A copy of the image (H, W, 3) with lines, points (K, 2) and numbers."""
    drawn, colors = image.copy(), point_colors(markup)
    for first, second in markup.skeleton:
        ends = np.round(points[[first, second]] * 16).astype(int).tolist()
        cv2.line(drawn, *ends, colors[second], 2, cv2.LINE_AA, 4)
    for index, center in enumerate(place_labels(markup, points)):
        x, y = np.round(points[index]).astype(int).tolist()
        cv2.circle(drawn, (x, y), POINT_RADIUS, colors[index], -1, cv2.LINE_AA)
        left, bottom = np.round(center + half_text_size(index) * (-1, 1)).astype(int).tolist()
        text = (str(index), (left, bottom), FONT, FONT_SCALE)
        cv2.putText(drawn, *text, (255, 255, 255), FONT_WIDTH + 5, cv2.LINE_AA)
        cv2.putText(drawn, *text, colors[index], FONT_WIDTH, cv2.LINE_AA)
    return drawn


def palette() -> Image.Image:
    """The grays, and each color mixed with white in steps for smooth edges."""
    colors = np.array(sorted({*LINE_COLORS.values(), PUPIL_COLOR}), float)
    mixed = [color + (255 - color) * step / 5 for color in colors for step in range(5)]
    entries = np.vstack([np.repeat(GRAYS[:, None], 3, axis=1), mixed])
    image = Image.new('P', (1, 1))
    image.putpalette(np.round(entries).astype(np.uint8).tobytes())
    return image


def main() -> None:
    """Write both images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', nargs='?', type=Path, default=ROOT / 'docs')
    folder = parser.parse_args().folder
    check_folder(folder, 'folder')
    folder.mkdir(parents=True, exist_ok=True)
    image, wflw = drawn_face()
    for count, markup in MARKUPS.items():
        points = wflw if count == 98 else wflw[IN_WFLW]
        drawn = draw_markup(markup, image, points)
        path = folder / f'points_{count}.png'
        small = Image.fromarray(drawn).quantize(palette=palette(), dither=Image.Dither.NONE)
        small.save(path, optimize=True)
        print(f'{path}: {count} points of {markup.name}, {path.stat().st_size // 1000} kB')


if __name__ == '__main__':
    main()
