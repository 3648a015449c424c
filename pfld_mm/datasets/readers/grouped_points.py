"""Tools that mark single points and boxes: which points make an object."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pfld_mm.core.text import short
from pfld_mm.datasets.readers.label_set import LabelledObject, StatedSize


@dataclass(frozen=True)
class MarkedPoint:
    """A point as it was marked.

    Attributes:
        name: What it is called.
        x: Pixels.
        y: Pixels.
        group: What the tool says of its object; None where it says nothing.
        visibility: 1 hidden, 2 seen.
    """

    name: str
    x: float
    y: float
    group: str | None = None
    visibility: int = 2


@dataclass(frozen=True, eq=False)
class MarkedImage:
    """All that was marked in an image.

    Attributes:
        image: Its path.
        points: In the order of the file.
        boxes: Group -> (4,) x_min, y_min, x_max, y_max.
        source: For messages.
        stated: Width and height of the image as the tool states them.
    """

    image: Path
    points: Sequence[MarkedPoint]
    boxes: dict[str | None, np.ndarray]
    source: str
    stated: StatedSize = (None, None)

    def groups(self) -> dict[str | None, list[MarkedPoint]]:
        """Points by their group; one that has none belongs to the smallest box around it."""
        groups = defaultdict(list)
        for point in self.points:
            group = point.group if point.group is not None else self._box_around(point)
            groups[group].append(point)
        return groups

    def _box_around(self, point: MarkedPoint) -> str | None:
        around = {
            group: (box[2] - box[0]) * (box[3] - box[1])
            for group, box in self.boxes.items()
            if box[0] <= point.x <= box[2] and box[1] <= point.y <= box[3]
        }
        return min(around, key=around.__getitem__) if around else None

    def objects(self, names: tuple[str, ...]) -> tuple[list[LabelledObject], list[str]]:
        """The objects with these points, and why some are left out."""
        objects, left_out = [], []
        place = {name: i for i, name in enumerate(names)}
        for group, marked in self.groups().items():
            source = self.source if group is None else f'{self.source}, object {short(group)}'
            counts = Counter(point.name for point in marked)
            twice = sorted(name for name, count in counts.items() if count > 1)
            if twice:
                left_out.append(
                    f'{source}: {short(twice)} is marked twice; give the points of each object a '
                    'group or a box'
                )
                continue
            points = np.full((len(names), 2), -1.0)
            visibility = np.zeros(len(names), np.int64)
            for point in marked:
                points[place[point.name]] = point.x, point.y
                visibility[place[point.name]] = point.visibility
            box = self.boxes.get(group)
            objects.append(LabelledObject(self.image, points, visibility, source, box, self.stated))
        return objects, left_out


def group_of(value: object) -> str | None:
    """A tool's identifier of a point's object, of any type, as text."""
    return None if value is None else str(value)


def names_in_order(images: Sequence[MarkedImage]) -> tuple[str, ...]:
    """The names of all points in the order in which they are first marked."""
    return tuple(dict.fromkeys(point.name for image in images for point in image.points))
