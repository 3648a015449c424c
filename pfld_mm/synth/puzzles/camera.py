"""What happens to a finished image on its way: padding, resizing, blur, tones, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np

from pfld_mm.core.image import decode_image
from pfld_mm.synth.puzzles.puzzle import Puzzle

_WAYS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
PAGE_GRAYS = (255, 255, 245, 30)


def resize(puzzle: Puzzle, width: int, height: int, way: int) -> Puzzle:
    """Resize the image to width x height px; the labels follow exactly."""
    rows, columns = puzzle.image.shape[:2]
    image = cv2.resize(puzzle.image, (width, height), interpolation=way)
    return puzzle.moved(image, scale=(width / columns, height / rows))


def random_resize(rng: np.random.Generator, puzzle: Puzzle, width: int, height: int) -> Puzzle:
    """Resize to width x height px by a random method, unless that is the size already."""
    if puzzle.image.shape[:2] == (height, width):
        return puzzle
    shrinks = width < puzzle.image.shape[1]
    return resize(puzzle, width, height, _WAYS[int(rng.integers(0 if shrinks else 1, 4))])


def degrade(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Blur, tone, noise and JPEG at random; moves nothing."""
    if rng.random() < 0.15:
        image = _lose_detail(rng, image)
    if rng.random() < 0.15:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.1))
    elif rng.random() < 0.08:
        soft = cv2.GaussianBlur(image, (0, 0), 1.0)
        image = cv2.addWeighted(image, 1.6, soft, -0.6, 0)
    if rng.random() < 0.5:
        image = _tone(rng, image)
    if rng.random() < 0.04:
        gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        image = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
    if rng.random() < 0.2:
        noise = rng.standard_normal(image.shape, np.float32) * rng.uniform(1, 8)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.7:
        quality = int(rng.integers(35, 75) if rng.random() < 0.35 else rng.integers(75, 97))
        data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        image = decode_image(data.tobytes(), 'JPEG in memory')
    return image


def _lose_detail(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Down and up again: half-pixel centers, so nothing moves."""
    height, width = image.shape[:2]
    factor = rng.uniform(0.5, 0.9)
    small = cv2.resize(
        image, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA
    )
    return cv2.resize(small, (width, height), interpolation=_WAYS[int(rng.integers(1, 3))])


def _tone(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Brightness, contrast and gamma in one look-up table."""
    level = np.arange(256) / 255.0
    level = level ** np.exp(rng.normal(0, 0.2))
    level = (level - 0.5) * np.exp(rng.normal(0, 0.15)) + 0.5 + rng.normal(0, 0.06)
    return cv2.LUT(image, np.clip(level * 255, 0, 255).astype(np.uint8))


def random_margins(rng: np.random.Generator, height: int) -> tuple[int, int, int, int]:
    """Left, right, top and bottom border in px of a page round an image `height` px high."""
    left, right, top, bottom = rng.uniform(0, 0.08, 4) * height
    if rng.random() < 0.3:
        bottom += 0.15 * height
    return int(left), int(right), int(top), int(bottom)


def put_on_page(
    rng: np.random.Generator, puzzle: Puzzle, margins: tuple[int, int, int, int]
) -> Puzzle:
    """Add a plain border, as on a screenshot; the size grows by the margins."""
    left, right, top, bottom = margins
    color = rng.choice(PAGE_GRAYS).repeat(3).tolist()
    image = cv2.copyMakeBorder(
        puzzle.image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=color
    )
    return puzzle.moved(image, shift=(left, top))
