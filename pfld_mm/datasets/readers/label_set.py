from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

StatedSize = tuple[float | None, float | None]
"""Width and height of an image as a file of labels states them, None where it does not."""


@dataclass(frozen=True, eq=False)
class LabelledObject:
    """One object as a labelling tool describes it.

    Attributes:
        image: Path of its image.
        points: (K, 2) float64, pixels of the image, as the tool wrote them.
        visibility: (K,) int64, COCO's flags: 0 not marked, 1 marked but hidden, 2 seen.
        source: Where it is labelled, for messages: file and line or key.
        box: (4,) float64 x_min, y_min, x_max, y_max, or None where the tool has none.
        stated: Width and height of the image as the tool states them.
    """

    image: Path
    points: np.ndarray
    visibility: np.ndarray
    source: str
    box: np.ndarray | None = None
    stated: StatedSize = (None, None)


@dataclass(frozen=True, eq=False)
class LabelSet:
    """What a reader found.

    Attributes:
        format: Name of the file format.
        names: K names of the points.
        objects: All that can be used.
        left_out: What cannot, and why, a sentence each.
        flip_pairs: Index pairs that a mirror swaps; None where the file does not say.
        lines: Name -> indices of a polyline, for drawing.
    """

    format: str
    names: tuple[str, ...]
    objects: tuple[LabelledObject, ...]
    left_out: tuple[str, ...] = ()
    flip_pairs: tuple[tuple[int, int], ...] | None = None
    lines: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def ordered(self, names: tuple[str, ...]) -> LabelSet:
        """The points in the order of ``names``, which must be all of them.

        Raises:
            ValueError: If they are not.
        """
        if sorted(names) != sorted(self.names):
            raise ValueError(
                f'--names: expected the points {", ".join(self.names)} in any order, found '
                f'{", ".join(names)}'
            )
        order = [self.names.index(name) for name in names]
        place = {old: new for new, old in enumerate(order)}
        pairs = self.flip_pairs
        return replace(
            self,
            names=names,
            objects=tuple(
                replace(item, points=item.points[order], visibility=item.visibility[order])
                for item in self.objects
            ),
            flip_pairs=pairs and tuple((place[a], place[b]) for a, b in pairs),
            lines={key: tuple(place[i] for i in line) for key, line in self.lines.items()},
        )
