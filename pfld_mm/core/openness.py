"""How open eyes and mouths are, from the landmarks.

All functions take the points (..., K, 2) of any number of faces and index groups. Two scales:

* ``eye_openness`` and ``mouth_openness``: area between the lids (the inner lips) over the square of
  the width, by the shoelace formula. Every lid point counts, so one wrong point matters less.
* ``eye_aspect_ratio`` (EAR) and ``mouth_aspect_ratio`` (MAR), as published.

All of them are independent of position, scale and rotation in the image. They are 0 where the edges
meet, and increase when the head turns, because the width shrinks. A width of 0 gives NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class OpeningGroups:
    """Which points the openings are read from; right and left are the face's own.

    Attributes:
        right_eye: Lid points as a closed loop; the first is a corner.
        left_eye: Likewise.
        right_eye_ear: The six points p1..p6 of Soukupova and Cech: corner, two of the upper lid,
            corner, two of the lower lid, so that p2-p6 and p3-p5 face each other.
        left_eye_ear: Likewise.
        mouth: Inner lip points as a closed loop of 8: corner, three above, corner, three below.
    """

    right_eye: tuple[int, ...]
    left_eye: tuple[int, ...]
    right_eye_ear: tuple[int, ...]
    left_eye_ear: tuple[int, ...]
    mouth: tuple[int, ...]


OPENINGS_98 = OpeningGroups(
    right_eye=tuple(range(60, 68)),
    left_eye=tuple(range(68, 76)),
    right_eye_ear=(60, 61, 63, 64, 65, 67),
    left_eye_ear=(68, 69, 71, 72, 73, 75),
    mouth=tuple(range(88, 96)),
)
OPENINGS_68 = OpeningGroups(
    right_eye=tuple(range(36, 42)),
    left_eye=tuple(range(42, 48)),
    right_eye_ear=tuple(range(36, 42)),
    left_eye_ear=tuple(range(42, 48)),
    mouth=tuple(range(60, 68)),
)


def eye_openness(points: np.ndarray, groups: OpeningGroups) -> np.ndarray:
    """(..., 2) openness of the right and the left eye, from the points (..., K, 2).

    Shoelace area / width^2; about 0.25 for an open eye, never negative.
    """
    eyes = (groups.right_eye, groups.left_eye)
    return np.stack([_area_ratio(_take(points, eye)) for eye in eyes], axis=-1)


def mouth_openness(points: np.ndarray, groups: OpeningGroups) -> np.ndarray:
    """(...,) openness of the mouth: area between the inner lips / width^2, never negative."""
    return _area_ratio(_take(points, groups.mouth))


def eye_aspect_ratio(points: np.ndarray, groups: OpeningGroups) -> np.ndarray:
    """(..., 2) EAR of the right and the left eye.

    EAR = (|p2 - p6| + |p3 - p5|) / (2 |p1 - p4|): Soukupova and Cech, "Real-Time Eye Blink
    Detection using Facial Landmarks", CVWW 2016, equation 1.
    """
    ratios = []
    for eye in (groups.right_eye_ear, groups.left_eye_ear):
        p1, p2, p3, p4, p5, p6 = np.moveaxis(_take(points, eye), -2, 0)
        ratios.append(_divide(_distance(p2, p6) + _distance(p3, p5), 2 * _distance(p1, p4)))
    return np.stack(ratios, axis=-1)


def mouth_aspect_ratio(points: np.ndarray, groups: OpeningGroups) -> np.ndarray:
    """(...,) MAR: the EAR's form with the three pairs of inner lip points.

    MAR = (|p2 - p8| + |p3 - p7| + |p4 - p6|) / (2 |p1 - p5|), the form in common use for yawns;
    it is 1.5 times the mean height over the width.
    """
    p1, p2, p3, p4, p5, p6, p7, p8 = np.moveaxis(_take(points, groups.mouth), -2, 0)
    heights = _distance(p2, p8) + _distance(p3, p7) + _distance(p4, p6)
    return _divide(heights, 2 * _distance(p1, p5))


def _take(points: np.ndarray, group: tuple[int, ...]) -> np.ndarray:
    """(..., G, 2) float64.

    Raises:
        ValueError: The points are fewer than the group wants, or not two-dimensional.
    """
    points = np.asarray(points, np.float64)
    if points.ndim < 2 or points.shape[-1] != 2 or points.shape[-2] <= max(group):
        raise ValueError(
            f'openness: expected points (..., K, 2) with K > {max(group)}, found {points.shape}; '
            "take the groups of the model's mark-up"
        )
    return points[..., list(group), :]


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.linalg.norm(a - b, axis=-1)


def _divide(value: np.ndarray, by: np.ndarray) -> np.ndarray:
    return np.divide(value, by, out=np.full(np.shape(by), np.nan), where=by > 0)


def _area_ratio(loop: np.ndarray) -> np.ndarray:
    """Shoelace area of loops (..., G, 2) / squared distance of their corners, 0 if turned over.

    Lids that cross, as a noisy network draws them, count as shut.
    """
    x, y = loop[..., 0], loop[..., 1]
    area = (x * np.roll(y, -1, -1) - y * np.roll(x, -1, -1)).sum(-1) / 2
    width = _distance(loop[..., 0, :], loop[..., loop.shape[-2] // 2, :])
    return _divide(np.maximum(area, 0), width**2)
