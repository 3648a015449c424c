"""Mirror partners by the names of points."""

from __future__ import annotations

import re
from collections.abc import Sequence

_OTHER = {'left': 'right', 'right': 'left', 'l': 'r', 'r': 'l'}
_WORD = re.compile(r'(?<=[a-z])(?=[A-Z])|[^A-Za-z0-9]+|(?<=\D)(?=\d)')
_GLUED = re.compile(r'^(left|right)|(left|right)$')


def flip_pairs_of(names: Sequence[str]) -> tuple[tuple[int, int], ...] | None:
    """Pairs of names that differ in their side: left and right, l and r.

    Args:
        names: As ``left_eye``, ``eye_l``, ``LEye``, ``eyeLeft`` or ``lefteye``.

    Returns:
        Index pairs, or None where no name says a side, so that nothing is known of the mirror.
    """
    place = {key: i for i, key in enumerate(map(_key, names))}
    pairs = []
    for key, i in place.items():
        partner = place.get(_mirrored(key))
        if partner is not None and i < partner:
            pairs.append((i, partner))
    return tuple(pairs) or None


def one_sided(names: Sequence[str]) -> list[str]:
    """Names that say a side but whose partner is not there."""
    keys = set(map(_key, names))
    return [
        name
        for name in names
        if _mirrored(_key(name)) not in keys and any(word in _OTHER for word in _key(name))
    ]


def _key(name: str) -> tuple[str, ...]:
    """The words of a name, in small letters."""
    words = [word for word in _WORD.split(re.sub(r'([LR])(?=[A-Z][a-z])', r'\1_', name)) if word]
    return tuple(word.lower() for word in words)


def _mirrored(key: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        _OTHER.get(word) or _GLUED.sub(lambda found: _OTHER[found[0]], word) for word in key
    )
