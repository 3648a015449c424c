"""What a mark-up needs besides points: mirror pairs, and the distance that errors are divided
by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pfld_mm.core.face_markups import MARKUPS
from pfld_mm.core.text import short
from pfld_mm.datasets.readers.flip_names import flip_pairs_of, one_sided
from pfld_mm.datasets.readers.label_set import LabelSet

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Mirror:
    """Whether images may be mirrored, and which points swap then.

    Attributes:
        pairs: Index pairs; None: nothing is known, images are not mirrored.
        said: Where they are from, for the report.
    """

    pairs: Pairs | None
    said: str


def find_mirror(labels: LabelSet, wanted: str | None = None) -> Mirror:
    """The flip pairs, from the command line, the file, or the names of the points.

    Args:
        labels: What was read.
        wanted: ``'0-1,3-4'``, names in the place of numbers, ``'none'`` (no point swaps),
            ``'300w'`` or ``'wflw'``.

    Raises:
        ValueError: If ``wanted`` is none of these.
    """
    if wanted is not None:
        return Mirror(_wanted_pairs(wanted, labels.names), 'as told by --flip-pairs')
    if labels.flip_pairs is not None:
        return Mirror(labels.flip_pairs, 'as the file says')
    pairs = flip_pairs_of(labels.names)
    if pairs is not None:
        alone = one_sided(labels.names)
        doubt = f'; without a partner: {", ".join(alone)}' if alone else ''
        return Mirror(pairs, f'found from the names{doubt}')
    same = [markup.name for k, markup in MARKUPS.items() if k == len(labels.names)]
    hint = f' (--flip-pairs {same[0]} if these are its points)' if same else ''
    return Mirror(
        None,
        'MISSING: neither the file nor the names say which points swap in a mirror, so images are '
        f'not mirrored in training; say --flip-pairs 0-1,3-4, or --flip-pairs none{hint}',
    )


def _wanted_pairs(wanted: str, names: tuple[str, ...]) -> Pairs:
    if wanted == 'none':
        return ()
    for markup in MARKUPS.values():
        if wanted == markup.name and markup.num_keypoints == len(names):
            return markup.flip_pairs
    place = {str(i): i for i in range(len(names))} | {name: i for i, name in enumerate(names)}
    pairs = []
    for text in wanted.split(','):
        first, _, second = text.strip().partition('-')
        pair = tuple(place.get(name.strip()) for name in (first, second))
        if None in pair or pair[0] == pair[1] or set(pair) & {i for p in pairs for i in p}:
            raise ValueError(
                f'--flip-pairs: expected pairs of different points as 0-1,3-4 (numbers to '
                f'{len(names) - 1} or names), each point once, or none, found {short(text)}'
            )
        pairs.append(pair)
    return tuple(pairs)


def norm_pair(labels: LabelSet, pairs: Pairs | None) -> tuple[int, int] | None:
    """The two points whose distance errors are divided by.

    Both are marked in every object and never closer than two pixels: the flip pair that is
    farthest apart on average, measured by the size of the points' box, else any such pair; of
    equals, within a hundredth, the first.

    Returns:
        Indices, or None where no pair is like that.
    """
    points = np.stack([item.points for item in labels.objects])
    marked = np.stack([item.visibility > 0 for item in labels.objects])
    always = np.flatnonzero(marked.all(0))
    low = np.where(marked[..., None], points, np.inf).min(1)
    high = np.where(marked[..., None], points, -np.inf).max(1)
    sizes = np.maximum((high - low).max(-1), 1e-6)
    flips = np.array(pairs or (), np.int64).reshape(-1, 2)
    flips = flips[np.isin(flips, always).all(1)]
    for ends in (flips.T, always[np.stack(np.triu_indices(len(always), 1))]):
        closest, mean = np.full(ends.shape[1], np.inf), np.zeros(ends.shape[1])
        for item, size in zip(points, sizes, strict=True):
            distances = np.hypot(*(item[ends[0]] - item[ends[1]]).T)
            closest = np.minimum(closest, distances)
            mean += distances / size / len(points)
        mean[closest <= 2] = 0
        if mean.any():
            best = np.flatnonzero(mean >= mean.max() / 1.01)[0]
            return int(ends[0, best]), int(ends[1, best])
    return None
