"""labelme: a JSON file beside each image."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pfld_mm.core.text import short
from pfld_mm.datasets.inside import links_out
from pfld_mm.datasets.readers.checks import get, load_json, numbers, stated_size
from pfld_mm.datasets.readers.grouped_points import (
    MarkedImage,
    MarkedPoint,
    group_of,
    names_in_order,
)
from pfld_mm.datasets.readers.image_finder import ImageFinder, ListedImage
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
    contents, marked, objects, left_out = {}, [], [], []
    for file in files:
        if path.is_dir() and links_out((path, images), file):
            left_out.append(f'{file}: a link out of {path}; copy the file')
            continue
        content = load_json(file)
        if isinstance(content, dict) and 'shapes' in content:
            content.pop('imageData', None)  # the image again, of any size
            contents[file] = content
        else:
            left_out.append(f'{file}: not of labelme, it has no key shapes')
    listed = {file: _listed(content, file) for file, content in contents.items()}
    finder = ImageFinder(images, listed.values())
    for file, content in contents.items():
        image = finder.find(listed[file])
        if isinstance(image, Path):
            marked.append(_marked(content, file, image, left_out))
        else:
            left_out.append(f'{file}: {image}')
    names = names_in_order(marked)
    for image in marked:
        some, others = image.objects(names)
        objects += some
        left_out += others
    return LabelSet('labelme', names, tuple(objects), tuple(left_out))


def _listed(content: dict, file: Path) -> ListedImage:
    return ListedImage(get(content, 'imagePath', str, str(file)), near=file.parent)


def _marked(content: dict, file: Path, image: Path, left_out: list[str]) -> MarkedImage:
    """What a file says."""
    points, boxes = [], {}
    for i, shape in enumerate(get(content, 'shapes', list, str(file))):
        source = f'{file}: shapes[{i}]'
        kind = get(shape, 'shape_type', str, source)
        label = get(shape, 'label', str, source)
        corners = get(shape, 'points', list, source)
        group = group_of(shape.get('group_id'))
        if kind not in ('point', 'rectangle'):
            left_out.append(f'{source}: shape_type {short(kind)}, no point')
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
    stated = stated_size(content, ('imageWidth', 'imageHeight'), str(file))
    return MarkedImage(image, points, boxes, str(file), stated)
