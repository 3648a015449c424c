"""Label Studio's JSON: tasks with key points in percent of the image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

import numpy as np

from pfld_mm.core.text import short
from pfld_mm.datasets.readers.checks import get, load_json, numbers, point_names
from pfld_mm.datasets.readers.grouped_points import (
    MarkedImage,
    MarkedPoint,
    group_of,
    names_in_order,
)
from pfld_mm.datasets.readers.image_finder import ENDINGS, ImageFinder, ListedImage
from pfld_mm.datasets.readers.label_set import LabelSet

UPLOADED = re.compile(r'^[0-9a-f]{8}-')
"""What Label Studio puts before the name of an uploaded file."""


def read_label_studio(path: Path, images: Path) -> LabelSet:
    """Read an export of the form "JSON".

    Points are results of type ``keypointlabels``; those with the same ``parentID``, or in the same
    rectangle, are one object. Of a task's annotations the first with points that is not cancelled
    is taken.

    Args:
        path: The JSON file.
        images: Folder of the images.

    Raises:
        ValueError: If the file is malformed.
    """
    tasks = load_json(path)
    if not isinstance(tasks, list):
        raise ValueError(f'{path}: expected a list of tasks, found {short(tasks)}')
    marked, objects, left_out = [], [], []
    sources = [
        f'{path}: task {short(task.get("id", i)) if isinstance(task, dict) else i}'
        for i, task in enumerate(tasks)
    ]
    listed = [_listed(task, source) for task, source in zip(tasks, sources, strict=True)]
    finder = ImageFinder(images, filter(None, listed))
    for task, source, name in zip(tasks, sources, listed, strict=True):
        chosen, others = _annotations(task, source)
        if others:
            left_out.append(f'{source}: {others} further annotations with points')
        if chosen and name is None:
            raise ValueError(
                f'{source}, data: expected the link of an image, found {short(task["data"])}'
            )
        image = finder.find(name) if chosen else 'no annotation with points'
        found = image if isinstance(image, str) else _marked(chosen, source, image)
        if isinstance(found, str):
            left_out.append(f'{source}: {found}')
        else:
            marked.append(found)
    names = names_in_order(marked)
    for image in marked:
        some, others = image.objects(names)
        objects += some
        left_out += others
    return LabelSet('Label Studio', names, tuple(objects), tuple(left_out))


def _listed(task: Any, source: str) -> ListedImage | None:
    """The image of a task, None: it has none. An uploaded file may have its old name again."""
    link = next(filter(_is_image, get(task, 'data', dict, source).values()), None)
    if link is None:
        return None
    path = _file(link).lstrip('/')
    return ListedImage(path, other=UPLOADED.sub('', PurePosixPath(path).name))


def _annotations(task: Any, source: str) -> tuple[Sequence[dict], int]:
    """The results of the first valid annotation with points, and how many more there are."""
    valid = [
        get(annotation, 'result', list, f'{source}, annotations[{i}]')
        for i, annotation in enumerate(get(task, 'annotations', list, source))
        if isinstance(annotation, dict) and not annotation.get('was_cancelled')
    ]
    full = [results for results in valid if any(map(_is_point, results))]
    return (full[0], len(full) - 1) if full else ((), 0)


def _is_point(result: Any) -> bool:
    return isinstance(result, dict) and result.get('type') == 'keypointlabels'


def _marked(results: Sequence[Any], source: str, image: Path) -> MarkedImage | str:
    """What an annotation says, or why it is left out."""
    points, boxes, sizes = [], {}, set()
    for i, result in enumerate(results):
        where = f'{source}, result[{i}]'
        if get(result, 'type', str, where) in ('keypointlabels', 'rectanglelabels'):
            if result.get('image_rotation'):
                return (
                    f'image_rotation is {short(result["image_rotation"])}; turn the image itself '
                    'and label it again'
                )
            sizes.add(_add(result, where, points, boxes))
    if len(sizes) > 1:
        return f'its results are of images of different sizes, {short(sorted(sizes))}'
    return MarkedImage(image, points, boxes, source, sizes.pop())


def _add(
    result: dict, source: str, points: list[MarkedPoint], boxes: dict[Any, np.ndarray]
) -> tuple[float, float]:
    """Add a result to the points or the boxes; gives the width and height of its image."""
    kind = result['type']
    value = get(result, 'value', dict, source)
    keys = ('x', 'y') if kind == 'keypointlabels' else ('x', 'y', 'width', 'height')
    percents = numbers([value.get(key) for key in keys], len(keys), f'{source}, {", ".join(keys)}')
    size = [result.get('original_width'), result.get('original_height')]
    width, height = numbers(size, 2, f'{source}, original_width, original_height')
    scale = np.array([width, height]) / 100
    corner = percents[:2] * scale
    if kind == 'rectanglelabels':
        boxes[group_of(result.get('id'))] = np.concatenate([corner, corner + percents[2:] * scale])
        return width, height
    labels = point_names(get(value, 'keypointlabels', list, source), f'{source}, keypointlabels')
    if len(labels) != 1:
        raise ValueError(f'{source}: expected one label for a point, found {short(labels)}')
    points.append(MarkedPoint(labels[0], *corner.tolist(), group_of(result.get('parentID'))))
    return width, height


def _is_image(value: Any) -> bool:
    return isinstance(value, str) and PurePosixPath(_file(value)).suffix.lower() in ENDINGS


def _file(link: str) -> str:
    """The path of a link; that of local storage is a parameter."""
    try:
        parts = urlparse(link)
        return unquote(parse_qs(parts.query).get('d', [parts.path])[0])
    except ValueError:  # no link
        return link
