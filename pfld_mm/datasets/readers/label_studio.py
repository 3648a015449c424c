"""Label Studio's JSON: tasks with key points in percent of the image."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

import numpy as np

from pfld_mm.core.text import short
from pfld_mm.datasets.readers.checks import get, load_json, numbers
from pfld_mm.datasets.readers.grouped_points import (
    MarkedImage,
    MarkedPoint,
    group_of,
    names_in_order,
)
from pfld_mm.datasets.readers.image_finder import ENDINGS, ImageFinder
from pfld_mm.datasets.readers.label_set import LabelSet

UPLOADED = re.compile(r'^[0-9a-f]{8}-')
"""What Label Studio puts before the name of an uploaded file."""


def read_label_studio(path: Path, images: Path) -> LabelSet:
    """Read an export of the form "JSON".

    Points are results of type ``keypointlabels``; those with the same ``parentID``, or in the same
    rectangle, are one object. Of a task's annotations the first that is not cancelled is taken.

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
    finder = ImageFinder(images)
    for i, task in enumerate(tasks):
        source = f'{path}: task {task.get("id", i) if isinstance(task, dict) else i}'
        found = _marked(task, source, finder)
        (left_out if isinstance(found, str) else marked).append(found)
    names = names_in_order(marked)
    for image in marked:
        some, others = image.objects(names)
        objects += some
        left_out += others
    return LabelSet('Label Studio', names, tuple(objects), tuple(left_out))


def _marked(task: Any, source: str, finder: ImageFinder) -> MarkedImage | str:
    """What a task says, or why it is left out."""
    annotations = get(task, 'annotations', list, source)
    valid = [a for a in annotations if isinstance(a, dict) and not a.get('was_cancelled')]
    if not valid:
        return f'{source}: no annotation'
    link = next((v for v in get(task, 'data', dict, source).values() if _is_image(v)), None)
    if link is None:
        raise ValueError(
            f'{source}, data: expected the link of an image, found {short(task["data"])}'
        )
    image = _find(link, finder)
    if image is None:
        return f'{source}: its image {link!r} is not below {finder.folder}'
    points, boxes = [], {}
    for i, result in enumerate(get(valid[0], 'result', list, source)):
        _add(result, f'{source}, result[{i}]', points, boxes)
    return MarkedImage(image, points, boxes, source)


def _add(result: Any, source: str, points: list[MarkedPoint], boxes: dict[Any, np.ndarray]) -> None:
    """Add a result to the points or the boxes; other results are ignored."""
    kind = get(result, 'type', str, source)
    if kind not in ('keypointlabels', 'rectanglelabels'):
        return
    value = get(result, 'value', dict, source)
    keys = ('x', 'y') if kind == 'keypointlabels' else ('x', 'y', 'width', 'height')
    percents = numbers([value.get(key) for key in keys], len(keys), f'{source}, {", ".join(keys)}')
    size = [result.get('original_width'), result.get('original_height')]
    scale = np.array(numbers(size, 2, f'{source}, original_width, original_height')) / 100
    corner = percents[:2] * scale
    if kind == 'rectanglelabels':
        boxes[group_of(result.get('id'))] = np.concatenate([corner, corner + percents[2:] * scale])
        return
    labels = get(value, 'keypointlabels', list, source)
    if len(labels) != 1:
        raise ValueError(f'{source}: expected one label for a point, found {short(labels)}')
    points.append(MarkedPoint(str(labels[0]), *corner.tolist(), group_of(result.get('parentID'))))


def _is_image(value: Any) -> bool:
    return isinstance(value, str) and PurePosixPath(_file(value)).suffix.lower() in ENDINGS


def _file(link: str) -> str:
    """The path of a link; that of local storage is a parameter."""
    try:
        parts = urlparse(link)
        return unquote(parse_qs(parts.query).get('d', [parts.path])[0])
    except ValueError:  # no link
        return link


def _find(link: str, finder: ImageFinder) -> Path | None:
    path = _file(link).lstrip('/')
    name = PurePosixPath(path).name
    return finder.find(path) or finder.find(UPLOADED.sub('', name))
