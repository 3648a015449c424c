"""WFLW's and 300-W's mark-ups: what each of their points is."""

from __future__ import annotations

from collections.abc import Sequence

from pfld_mm.core.markup import Group, Line, Markup
from pfld_mm.core.mean_face import HALF_68, HALF_98


def markup_of(num_keypoints: int) -> Markup | None:
    """The face mark-up of this package with so many points, or None."""
    return MARKUPS.get(num_keypoints)


def joined(name: str, first: Markup, second: Markup) -> Markup:
    """The points of both mark-ups, one after the other: one network learns both."""
    shift = first.num_keypoints
    lines = {
        f'{markup.name}_{line}': Line(tuple(i + offset for i in path.points), path.closed)
        for markup, offset in ((first, 0), (second, shift))
        for line, path in markup.lines.items()
    }
    moved = tuple((a + shift, b + shift) for a, b in second.flip_pairs)
    return Markup(
        name, shift + second.num_keypoints, first.flip_pairs + moved, lines, first.outer_eye_corners
    )


def _pairs(*runs: tuple[Sequence[int], Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple(pair for right, left in runs for pair in zip(right, left, strict=True))


def _run(first: int, last: int) -> Group:
    """The indices from first to last, both included, in either direction."""
    step = 1 if last >= first else -1
    return tuple(range(first, last + step, step))


WFLW98 = Markup(
    name='wflw',
    num_keypoints=98,
    flip_pairs=_pairs(
        (_run(0, 15), _run(32, 17)),  # contour, 16 is the chin
        (_run(33, 37), _run(46, 42)),  # brows, upper edge
        (_run(38, 41), _run(50, 47)),  # brows, lower edge
        ([55, 56], [59, 58]),  # nostrils
        (_run(60, 64), _run(72, 68)),  # eyes, upper lid
        ([65, 66, 67], [75, 74, 73]),  # eyes, lower lid
        ([76, 77, 78], [82, 81, 80]),  # outer lips, upper
        ([87, 86], [83, 84]),  # outer lips, lower
        ([88, 89], [92, 91]),  # inner lips, upper
        ([95], [93]),  # inner lips, lower
        ([96], [97]),  # pupils
    ),
    lines=dict(
        contour=Line(_run(0, 32)),
        right_brow=Line(_run(33, 41), closed=True),
        left_brow=Line(_run(42, 50), closed=True),
        nose_bridge=Line(_run(51, 54)),
        nostrils=Line(_run(55, 59)),
        right_eye=Line(_run(60, 67), closed=True),
        left_eye=Line(_run(68, 75), closed=True),
        outer_lips=Line(_run(76, 87), closed=True),
        inner_lips=Line(_run(88, 95), closed=True),
    ),
    outer_eye_corners=(60, 72),
    pupils=((96,), (97,)),
    nose_tip=54,
    mouth_corners=(76, 82),
    rigid=_run(33, 82),  # brows, nose, eyes, upper edge of the upper lip
    half_mean_face=HALF_98,
)

IBUG68 = Markup(
    name='300w',
    num_keypoints=68,
    flip_pairs=_pairs(
        (_run(0, 7), _run(16, 9)),  # contour, 8 is the chin
        (_run(17, 21), _run(26, 22)),  # brows
        ([31, 32], [35, 34]),  # nostrils
        (_run(36, 39), _run(45, 42)),  # eyes, upper lid
        ([40, 41], [47, 46]),  # eyes, lower lid
        ([48, 49, 50], [54, 53, 52]),  # outer lips, upper
        ([59, 58], [55, 56]),  # outer lips, lower
        ([60, 61], [64, 63]),  # inner lips, upper
        ([67], [65]),  # inner lips, lower
    ),
    lines=dict(
        contour=Line(_run(0, 16)),
        right_brow=Line(_run(17, 21)),
        left_brow=Line(_run(22, 26)),
        nose_bridge=Line(_run(27, 30)),
        nostrils=Line(_run(31, 35)),
        right_eye=Line(_run(36, 41), closed=True),
        left_eye=Line(_run(42, 47), closed=True),
        outer_lips=Line(_run(48, 59), closed=True),
        inner_lips=Line(_run(60, 67), closed=True),
    ),
    outer_eye_corners=(36, 45),
    pupils=(_run(36, 41), _run(42, 47)),
    nose_tip=30,
    mouth_corners=(48, 54),
    rigid=_run(17, 54),
    half_mean_face=HALF_68,
)

WFLW98_IBUG68 = joined('wflw98_ibug68', WFLW98, IBUG68)

MARKUPS: dict[int, Markup] = {98: WFLW98, 68: IBUG68}
"""The face mark-ups of this package by their number of points."""
