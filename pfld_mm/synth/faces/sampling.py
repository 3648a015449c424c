"""Draws the parameters of a face from (seed, split, index) alone."""

import dataclasses

import numpy as np

from pfld_mm.synth.faces.parameters import (
    BACKGROUNDS,
    OCCLUSIONS,
    Expression,
    FaceParameters,
    Identity,
    Lighting,
    Looks,
)

SPLITS = ('train', 'test')

# (b, g, r), from light to dark
_SKINS = np.array(
    [
        [190, 208, 240], [165, 192, 235], [140, 175, 225], [115, 150, 205],
        [85, 120, 175], [60, 88, 135], [45, 65, 100],
    ],
    dtype=float,
)  # fmt: skip
_HAIRS = np.array(
    [[25, 25, 28], [30, 42, 60], [40, 66, 100], [70, 120, 170], [120, 180, 215], [40, 80, 160],
     [165, 165, 168]],
    dtype=float,
)  # fmt: skip
_IRISES = np.array([[30, 50, 80], [50, 80, 110], [150, 120, 70], [90, 120, 80]], dtype=float)
_MAKE_UPS = np.array([[50, 30, 190], [90, 50, 220], [110, 40, 140], [40, 60, 210]], dtype=float)

NEARLY_CLOSED = 0.8
"""Closure from which an eye counts as nearly closed."""

_SPECIAL = 0.2
"""Probability of each attribute that is drawn on purpose."""


def sample_face(
    seed: int, split: str, index: int, size: int = 256, closed_ratio: float | None = None
) -> FaceParameters:
    """Parameters of face `index` of a split ('train' or 'test'); the same for the same arguments.

    Args:
        seed: Not negative.
        split: One of SPLITS.
        index: Of the face.
        size: Side of the image in pixels.
        closed_ratio: Part of the faces that have at least one closed or nearly closed eye, 0..1;
            the others then have eyes of any openness. None: lids as the expression has them,
            seldom low. Nothing else of the face depends on it.

    Raises:
        ValueError: split is unknown or closed_ratio not in 0..1.
    """
    face = _sample(seed, split, index, size)
    if closed_ratio is None:
        return face
    if not 0 <= closed_ratio <= 1:
        raise ValueError(f'synthetic faces: closed_ratio={closed_ratio} is not in 0..1')
    rng = np.random.default_rng([seed, SPLITS.index(split), index, 1])
    right, left = _closures(rng, closed_ratio)
    lids = dataclasses.replace(
        face.expression, right_eye_closure=float(right), left_eye_closure=float(left)
    )
    return dataclasses.replace(face, expression=lids)


def _closures(rng: np.random.Generator, closed_ratio: float) -> tuple[float, float]:
    """Closure of both eyes: shut or nearly, of any degree, or open; one in five of its own."""
    open_eye = rng.uniform(0, 0.25)
    if rng.random() < closed_ratio:
        closure = 1.0 if rng.random() < 0.5 else rng.uniform(NEARLY_CLOSED, 1)
        other = open_eye if rng.random() < _SPECIAL else closure
    else:
        closure = rng.uniform(0, NEARLY_CLOSED) if rng.random() < 0.5 else open_eye
        other = rng.uniform(0, NEARLY_CLOSED) if rng.random() < _SPECIAL else closure
    return (closure, other) if rng.random() < 0.5 else (other, closure)


def _sample(seed: int, split: str, index: int, size: int) -> FaceParameters:
    if split not in SPLITS:
        raise ValueError(f'synthetic faces: split={split!r} is not one of {SPLITS}')
    rng = np.random.default_rng([seed, SPLITS.index(split), index])
    yaw, pitch, roll = _pose(rng)
    return FaceParameters(
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        size=size,
        scale=float(rng.uniform(0.19, 0.36)),
        center=tuple(rng.uniform(0.44, 0.56, 2).tolist()),
        focal=float(rng.uniform(1.5, 4.0)),
        identity=_identity(rng),
        expression=_expression(rng),
        lighting=_lighting(rng),
        looks=_looks(rng),
        occlusion=str(rng.choice(OCCLUSIONS[1:])) if rng.random() < _SPECIAL else 'none',
        **_blur(rng),
        background=str(rng.choice(BACKGROUNDS)),
        texture_seed=int(rng.integers(2**31)),
    )


def _pose(rng: np.random.Generator) -> list[float]:
    angles = rng.normal(0, [12, 7, 8])
    if rng.random() < _SPECIAL:
        angles[0] = rng.choice([-1, 1]) * rng.uniform(32, 70)
    return np.deg2rad(np.clip(angles, [-70, -28, -45], [70, 28, 45])).tolist()


def _identity(rng: np.random.Generator) -> Identity:
    names = [f.name for f in dataclasses.fields(Identity)]
    values = np.clip(rng.normal(0, 0.55, len(names)), -1.3, 1.3)
    return Identity(**dict(zip(names, values.tolist(), strict=True)))


def _expression(rng: np.random.Generator) -> Expression:
    strong = rng.random() < _SPECIAL
    top = 1.0 if strong else 0.45
    mouth = rng.uniform(0, top) if rng.random() < 0.5 else 0.0
    smile = rng.uniform(0, top) if rng.random() < 0.6 else 0.0
    closure = rng.uniform(0, top) if rng.random() < 0.35 else 0.0
    gaze = rng.uniform(-1, 1, 2)
    return Expression(mouth, smile, rng.uniform(-0.4, top), closure, closure, *gaze.tolist())


def _lighting(rng: np.random.Generator) -> Lighting:
    strong = rng.random() < _SPECIAL
    azimuth, elevation = rng.uniform(-1.1, 1.1), rng.uniform(0.0, 1.0)
    if not strong:
        tint = rng.uniform(0.93, 1.07, 3)
        return Lighting(
            azimuth, elevation, rng.uniform(0.5, 0.7), rng.uniform(0.85, 1.15), tuple(tint.tolist())
        )
    gain, tint = 1.0, np.ones(3)
    kind = rng.integers(3)
    if kind == 0:
        gain = rng.choice([rng.uniform(0.35, 0.6), rng.uniform(1.35, 1.6)])
    elif kind == 1:
        tint[rng.integers(3)] -= rng.uniform(0.32, 0.5)
    ambient = rng.uniform(0.15, 0.38) if kind == 2 else rng.uniform(0.4, 0.6)
    return Lighting(azimuth * 1.3, elevation, ambient, float(gain), tuple(tint.tolist()))


def _mix(rng: np.random.Generator, palette: np.ndarray) -> tuple[float, float, float]:
    """A color between two neighbours of a palette, slightly varied."""
    position = rng.uniform(0, len(palette) - 1)
    low = int(position)
    color = palette[low] + (position - low) * (palette[low + 1] - palette[low])
    varied = color * rng.uniform(0.93, 1.07) * rng.uniform(0.98, 1.02, 3)
    return tuple(np.clip(varied, 5, 250).tolist())


def _looks(rng: np.random.Generator) -> Looks:
    made_up = rng.random() < _SPECIAL
    bearded = not made_up and rng.random() < 0.25
    lipstick, shadow, blush = rng.uniform(0.3, 1.0, 3) * made_up
    return Looks(
        skin=_mix(rng, _SKINS),
        hair=_mix(rng, _HAIRS),
        iris=_mix(rng, _IRISES),
        clothes=tuple(rng.uniform(20, 235, 3).tolist()),
        hair_style=str(rng.choice(['bald', 'short', 'short', 'short', 'long', 'long'])),
        hair_volume=float(rng.uniform(0, 1)),
        beard=float(rng.uniform(0.25, 0.9)) if bearded else 0.0,
        lipstick=float(lipstick),
        eye_shadow=float(shadow),
        blush=float(blush),
        make_up=_mix(rng, _MAKE_UPS),
    )


def _blur(rng: np.random.Generator) -> dict[str, str | float]:
    if rng.random() >= _SPECIAL:
        return {}
    if rng.random() < 0.5:
        return {'blur': 'gauss', 'blur_size': float(rng.uniform(0.006, 0.015))}
    return {'blur': 'motion', 'blur_size': float(rng.uniform(0.02, 0.06))}
