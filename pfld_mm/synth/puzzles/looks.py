"""How gaps and pieces look: a stack of soft layers, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

Color = tuple[float, float, float]
WHITE, BLACK = (255.0, 255.0, 255.0), (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Edge:
    """A soft band that follows the outline. Lengths are ratios of the shape's size.

    Attributes:
        color: BGR.
        opacity: At the outline, in [0, 1].
        offset: (x, y) by which the outline's copy is moved before it is blurred.
        blur: Standard deviation of the blur.
    """

    color: Color
    opacity: float
    offset: tuple[float, float]
    blur: float


@dataclass(frozen=True)
class Look:
    """Everything painted over the image inside and around an outline, bottom first.

    Attributes:
        outer: Shadows and glows outside the outline.
        frost: Blur of the inside (ratio of the size), 0 for none.
        fill: Color laid over the inside.
        opacity: Of the fill.
        hollow: 0 fills evenly; 1 fills only near the outline and leaves the middle unchanged.
        texture: Standard deviation in gray levels of a pattern on the inside.
        inner: Shadows and glows inside the outline.
        stroke: Color of the line along the outline.
        stroke_width: Its width as a ratio of the size.
        stroke_opacity: Its opacity, 0 for no line.
    """

    outer: tuple[Edge, ...] = ()
    frost: float = 0.0
    fill: Color = BLACK
    opacity: float = 0.0
    hollow: float = 0.0
    texture: float = 0.0
    inner: tuple[Edge, ...] = ()
    stroke: Color = WHITE
    stroke_width: float = 0.02
    stroke_opacity: float = 0.0

    def stronger(self, color: Color) -> Look:
        """This look with an additional line along the outline in `color`."""
        opacity = min(1.0, self.stroke_opacity + 0.35)
        width = max(self.stroke_width, 0.03)
        return replace(self, stroke=color, stroke_width=width, stroke_opacity=opacity)


_GAP_COMMONNESS = {
    'dark': 22,
    'light': 14,
    'emboss': 22,
    'outline': 9,
    'shadow': 9,
    'glow': 6,
    'tint': 9,
    'opaque': 4,
    'frost': 5,
}
GAP_KINDS = tuple(_GAP_COMMONNESS)


def random_light(rng: np.random.Generator) -> tuple[float, float]:
    """The unit direction in which shadows fall; mostly down and to the right."""
    angle = rng.normal(np.pi / 4, 0.4) if rng.random() < 0.7 else rng.uniform(0, 2 * np.pi)
    return float(np.cos(angle)), float(np.sin(angle))


def random_gap_look(
    rng: np.random.Generator, light: tuple[float, float], kinds: tuple[str, ...] = GAP_KINDS
) -> Look:
    """Draw the look of a gap, from hardly visible to strong.

    Args:
        rng: Source of chance.
        light: Direction in which shadows fall.
        kinds: The kinds to choose from, a part of `GAP_KINDS`.
    """
    weights = np.array([_GAP_COMMONNESS[kind] for kind in kinds]) / 100.0
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    look = _gap_base(rng, kind, light)
    if look.stroke_opacity == 0 and rng.random() < 0.3:
        look = _with_stroke(rng, look)
    if rng.random() < 0.2:
        look = replace(look, inner=look.inner + (_shadow(rng, light),))
    if rng.random() < 0.08:
        look = replace(look, outer=look.outer + (_glow(rng),))
    if rng.random() < 0.12:
        look = replace(look, hollow=float(rng.uniform(0.4, 1.0)))
    if rng.random() < 0.1:
        look = replace(look, texture=float(rng.uniform(3, 22)))
    return look


def _gap_base(rng: np.random.Generator, kind: str, light: tuple[float, float]) -> Look:
    gray = float(rng.uniform(0, 60)) if rng.random() < 0.4 else 0.0
    if kind == 'dark':
        return Look(fill=(gray, gray, gray), opacity=float(rng.uniform(0.15, 0.8)))
    if kind == 'light':
        return Look(fill=_grayish(rng, 215), opacity=float(rng.uniform(0.15, 0.75)))
    if kind == 'emboss':
        bright = Edge(WHITE, float(rng.uniform(0.1, 0.8)), _along(rng, light, -1), _blur(rng))
        fill = WHITE if rng.random() < 0.75 else BLACK
        opacity = float(rng.uniform(0.0, 0.45))
        return Look(fill=fill, opacity=opacity, inner=(bright, _shadow(rng, light)))
    if kind == 'outline':
        return _with_stroke(rng, Look(opacity=float(rng.uniform(0, 0.12))))
    if kind == 'shadow':
        return Look(opacity=float(rng.uniform(0, 0.25)), inner=(_shadow(rng, light, 0.4),))
    if kind == 'glow':
        return Look(opacity=float(rng.uniform(0, 0.5)), outer=(_glow(rng),), inner=(_glow(rng),))
    if kind == 'tint':
        color = tuple(float(c) for c in rng.uniform(0, 255, 3))
        return Look(fill=color, opacity=float(rng.uniform(0.25, 0.75)))
    if kind == 'opaque':
        color = _grayish(rng, 0, spread=255)
        return Look(fill=color, opacity=float(rng.uniform(0.85, 1.0)), texture=rng.uniform(0, 15))
    return _with_stroke(rng, Look(frost=float(rng.uniform(0.02, 0.1)), opacity=0.1, fill=WHITE))


def random_piece_look(rng: np.random.Generator, light: tuple[float, float]) -> Look:
    """Draw the look of a piece: border, shadow, highlight, or nothing at all."""
    look = Look()
    if rng.random() < 0.2:
        fill = WHITE if rng.random() < 0.6 else BLACK
        look = replace(look, fill=fill, opacity=float(rng.uniform(0.03, 0.25)))
    if rng.random() < 0.5:
        look = replace(look, outer=(replace(_shadow(rng, light), blur=rng.uniform(0.01, 0.07)),))
    elif rng.random() < 0.25:
        look = replace(look, outer=(_glow(rng),))
    if rng.random() < 0.45:
        bright = Edge(WHITE, float(rng.uniform(0.2, 1.0)), _along(rng, light, -1), _blur(rng))
        look = replace(look, inner=(bright,))
    if rng.random() < 0.25:
        look = replace(look, inner=look.inner + (_shadow(rng, light),))
    return _with_stroke(rng, look) if rng.random() < 0.45 else look


def _with_stroke(rng: np.random.Generator, look: Look) -> Look:
    color = WHITE if rng.random() < 0.6 else BLACK
    if rng.random() < 0.25:
        color = tuple(float(c) for c in rng.uniform(0, 255, 3))
    return replace(
        look,
        stroke=color,
        stroke_width=float(rng.uniform(0.008, 0.045)),
        stroke_opacity=float(rng.uniform(0.25, 1.0)),
    )


def _grayish(rng: np.random.Generator, low: float, spread: float = 40.0) -> Color:
    gray = low + rng.uniform(0, spread)
    return tuple(float(np.clip(gray + c, 0, 255)) for c in rng.normal(0, 5, 3))


def _along(rng: np.random.Generator, light: tuple[float, float], sign: int) -> tuple[float, float]:
    reach = sign * rng.uniform(0.0, 0.04)
    return float(light[0] * reach), float(light[1] * reach)


def _blur(rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(np.log(0.008), np.log(0.08))))


def _shadow(rng: np.random.Generator, light: tuple[float, float], min_opacity: float = 0.2) -> Edge:
    return Edge(BLACK, float(rng.uniform(min_opacity, 0.9)), _along(rng, light, 1), _blur(rng))


def _glow(rng: np.random.Generator) -> Edge:
    color = WHITE if rng.random() < 0.6 else tuple(float(c) for c in rng.uniform(80, 255, 3))
    return Edge(color, float(rng.uniform(0.3, 0.9)), (0.0, 0.0), float(rng.uniform(0.02, 0.09)))
