"""labelme: a JSON file beside each image."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pfld_mm.core.text import short
from pfld_mm.datasets.readers.checks import get, load_json, numbers
from pfld_mm.datasets.readers.grouped_points import (
    MarkedImage,
    MarkedPoint,
    group_of,
    names_in_order,
)
from pfld_mm.datasets.readers.image_finder import ImageFinder
from pfld_mm.datasets.readers.label_set import LabelSet

HIDDEN = ('hidden', 'occluded')
"""Flags that say so of a point."""


def read_labelme(path: Path, images: Path) -> LabelSet:
    """Read labelme's files.

    Points are shapes of type ``point``; shapes with the same ``group_id``, or in the same
    rectangle, are one object.

    Args:
        path: A folder with the files, in it or below, or one of them.
        images: Folder of the images.

    Raises:
        ValueError: If a file is malformed.
    """
    files = [path] if path.is_file() else sorted(path.rglob('*.json'))
    marked, objects, left_out = [], [], []
    finder = ImageFinder(images)
    for file in files:
        content = load_json(file)
        if not isinstance(content, dict) or 'shapes' not in content:
            left_out.append(f'{file}: not of labelme, it has no key shapes')
            continue
        found = _marked(content, file, finder, left_out)
        if isinstance(found, MarkedImage):
            marked.append(found)
    names = names_in_order(marked)
    for image in marked:
        some, others = image.objects(names)
        objects += some
        left_out += others
    return LabelSet('labelme', names, tuple(objects), tuple(left_out))


def _marked(
    content: dict, file: Path, finder: ImageFinder, left_out: list[str]
) -> MarkedImage | None:
    """What a file says; None where its image is missing."""
    name = get(content, 'imagePath', str, str(file))
    image = finder.find(name, near=file.parent)
    if image is None:
        left_out.append(f'{file}: its image {name!r} is not below {finder.folder}')
        return None
    points, boxes = [], {}
    for i, shape in enumerate(get(content, 'shapes', list, str(file))):
        source = f'{file}: shapes[{i}]'
        kind = get(shape, 'shape_type', str, source)
        label = get(shape, 'label', str, source)
        corners = get(shape, 'points', list, source)
        group = group_of(shape.get('group_id'))
        if kind not in ('point', 'rectangle'):
            left_out.append(f'{source}: a {kind}, no point')
            continue
        count = 1 if kind == 'point' else 2
        if len(corners) != count:
            raise ValueError(
                f'{source}, points: expected {count} for a {kind}, found {short(corners)}'
            )
        values = np.array([numbers(corner, 2, f'{source}, points') for corner in corners])
        if kind == 'point':
            flags = shape.get('flags')
            hidden = isinstance(flags, dict) and any(flags.get(flag) for flag in HIDDEN)
            points.append(MarkedPoint(label, *values[0].tolist(), group, 1 if hidden else 2))
        else:
            key = f'box {i}' if group is None else group
            boxes[key] = np.concatenate([values.min(0), values.max(0)])
    return MarkedImage(image, points, boxes, str(file))
