"""Interface elements over the image: icons, bars, text, watermarks, rounded corners."""

from __future__ import annotations

import cv2
import numpy as np

_WORDS = ('verify', 'refresh', 'slide', 'SAMPLE', 'photo', 'drag to fit', 'Security', '2026', '123')


def add_clutter(
    rng: np.random.Generator, image: np.ndarray, busy: list[tuple[float, float, float, float]]
) -> np.ndarray:
    """Draw random interface elements; nothing opaque covers the boxes in `busy`.

    Args:
        rng: Source of chance.
        image: (H, W, 3) BGR uint8, changed in place.
        busy: Boxes (x1, y1, x2, y2) of gap, piece and decoys.
    """
    if rng.random() < 0.5:
        _icon(rng, image, busy)
    if rng.random() < 0.12:
        _icon(rng, image, busy)
    if rng.random() < 0.1:
        _bar(rng, image, busy)
    if rng.random() < 0.2:
        _text(rng, image)
    if rng.random() < 0.06:
        _watermark(rng, image)
    if rng.random() < 0.12:
        _frame(rng, image)
    if rng.random() < 0.2:
        _round_corners(rng, image)
    return image


def _free(box: tuple[float, ...], busy: list[tuple[float, float, float, float]]) -> bool:
    x1, y1, x2, y2 = box
    return not any(x1 < b[2] and b[0] < x2 and y1 < b[3] and b[1] < y2 for b in busy)


def _mix(image: np.ndarray, drawn: np.ndarray, opacity: float) -> None:
    cv2.addWeighted(drawn, opacity, image, 1 - opacity, 0, dst=image)


def _icon(
    rng: np.random.Generator, image: np.ndarray, busy: list[tuple[float, float, float, float]]
) -> None:
    """A refresh arrow, a cross, a speaker-like ring or a badge, mostly in a corner at the right."""
    height, width = image.shape[:2]
    radius = height * rng.uniform(0.03, 0.08)
    margin = radius * rng.uniform(1.2, 2.2)
    x = width - margin if rng.random() < 0.8 else rng.uniform(margin, width - margin)
    y = margin if rng.random() < 0.8 else height - margin
    if not _free((x - radius, y - radius, x + radius, y + radius), busy):
        return
    drawn, gray = image.copy(), int(rng.choice((255, 255, 240, 60, 0)))
    color, thick = (gray,) * 3, max(1, round(radius * rng.uniform(0.12, 0.35)))
    if rng.random() < 0.3:
        cv2.circle(drawn, (int(x), int(y)), int(radius * 1.3), (255 - gray,) * 3, -1, cv2.LINE_AA)
        _mix(image, drawn, rng.uniform(0.2, 0.8))
        drawn = image.copy()
    _sign(rng, drawn, (int(x), int(y)), int(radius * 0.8), color, thick)
    _mix(image, drawn, rng.uniform(0.5, 1.0))


def _sign(
    rng: np.random.Generator,
    drawn: np.ndarray,
    center: tuple[int, int],
    r: int,
    color: tuple[int, int, int],
    thick: int,
) -> None:
    """A round arrow, a cross or a ring of radius `r`."""
    (x, y), kind = center, rng.random()
    if kind < 0.65:
        start = int(rng.integers(360))
        cv2.ellipse(drawn, center, (r, r), start, 0, 290, color, thick, cv2.LINE_AA)
        tip = np.deg2rad(start + 290)
        point = np.array([x + r * np.cos(tip), y + r * np.sin(tip)])
        along = np.array([-np.sin(tip), np.cos(tip)]) * r * 0.7
        out = np.array([np.cos(tip), np.sin(tip)]) * r * 0.5
        corners = np.array([point + along, point + out, point - out]).astype(np.int32)
        cv2.fillPoly(drawn, [corners], color, cv2.LINE_AA)
    elif kind < 0.85:
        cv2.line(drawn, (x - r, y - r), (x + r, y + r), color, thick)
        cv2.line(drawn, (x - r, y + r), (x + r, y - r), color, thick)
    else:
        cv2.circle(drawn, center, r, color, thick, cv2.LINE_AA)


def _bar(
    rng: np.random.Generator, image: np.ndarray, busy: list[tuple[float, float, float, float]]
) -> None:
    """A bar along the top or bottom edge, with text."""
    height, width = image.shape[:2]
    tall = int(height * rng.uniform(0.06, 0.14))
    top = 0 if rng.random() < 0.3 else height - tall
    if not _free((0, top, width, top + tall), busy):
        return
    drawn, gray = image.copy(), int(rng.integers(256))
    drawn[top : top + tall] = gray
    word = _WORDS[rng.integers(len(_WORDS))]
    color = (0, 0, 0) if gray > 127 else (255, 255, 255)
    origin = (int(rng.uniform(0, 0.6) * width), top + int(tall * 0.75))
    cv2.putText(drawn, word, origin, cv2.FONT_HERSHEY_SIMPLEX, tall / 35, color, 1, cv2.LINE_AA)
    _mix(image, drawn, rng.uniform(0.3, 1.0))


def _text(rng: np.random.Generator, image: np.ndarray) -> None:
    height, width = image.shape[:2]
    drawn, gray = image.copy(), int(rng.choice((255, 0, rng.integers(256))))
    word = _WORDS[rng.integers(len(_WORDS))]
    origin = (int(rng.uniform(0, 0.8) * width), int(rng.uniform(0.1, 1.0) * height))
    font = int(rng.choice((cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX)))
    scale = height / 160 * rng.uniform(0.3, 0.7)
    cv2.putText(drawn, word, origin, font, scale, (gray,) * 3, 1, cv2.LINE_AA)
    _mix(image, drawn, rng.uniform(0.3, 0.8))


def _watermark(rng: np.random.Generator, image: np.ndarray) -> None:
    """The same faint word all over."""
    height, width = image.shape[:2]
    drawn, word = image.copy(), _WORDS[rng.integers(len(_WORDS))]
    step = int(width * rng.uniform(0.2, 0.4)), int(height * rng.uniform(0.2, 0.4))
    for y in range(int(rng.integers(step[1])), height, step[1]):
        for x in range(-int(rng.integers(step[0])), width, step[0]):
            cv2.putText(
                drawn, word, (x, y), cv2.FONT_HERSHEY_SIMPLEX, height / 400, (255,) * 3, 1, 16
            )
    _mix(image, drawn, rng.uniform(0.1, 0.35))


def _frame(rng: np.random.Generator, image: np.ndarray) -> None:
    height, width = image.shape[:2]
    color = rng.choice((0, 128, 200, 255), 1).repeat(3).tolist()
    cv2.rectangle(image, (0, 0), (width - 1, height - 1), color, int(rng.integers(1, 3)))


def _round_corners(rng: np.random.Generator, image: np.ndarray) -> None:
    height, width = image.shape[:2]
    radius = max(3, int(height * rng.uniform(0.015, 0.07)))
    mask = np.zeros((height, width), np.uint8)
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(mask, (x, y), radius, 255, -1)
    mask[:, radius : width - radius] = 255
    mask[radius : height - radius] = 255
    image[mask == 0] = int(rng.choice((255, 255, 0, 240)))
