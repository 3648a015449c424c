"""COCO keypoints, as CVAT and MMPose write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pfld_mm.core.text import short
from pfld_mm.datasets.readers.checks import get, load_json, numbers
from pfld_mm.datasets.readers.image_finder import ImageFinder
from pfld_mm.datasets.readers.label_set import LabelledObject, LabelSet


def read_coco(path: Path, images: Path, category: str | None = None) -> LabelSet:
    """Read a COCO file.

    Args:
        path: The JSON file.
        images: Folder of the images.
        category: Name of the category to take; needed where several have points.

    Raises:
        ValueError: If the file is malformed; names key and number.
    """
    content = load_json(path)
    records = get(content, 'images', list, str(path))
    files = {
        get(image, 'id', int, f'{path}: images[{i}]'): get(
            image, 'file_name', str, f'{path}: images[{i}]'
        )
        for i, image in enumerate(records)
    }
    chosen = _category(content, category, str(path))
    source = f'{path}: category {chosen["name"]!r}'
    names = tuple(map(str, get(chosen, 'keypoints', list, source)))
    finder, objects, left_out = ImageFinder(images), [], []
    for i, record in enumerate(get(content, 'annotations', list, str(path))):
        where = f'{path}: annotations[{i}]'
        if get(record, 'category_id', int, where) != chosen['id']:
            left_out.append(f'{where}: of another category')
            continue
        found = _object(record, files, len(names), finder, where)
        (left_out if isinstance(found, str) else objects).append(found)
    pairs = chosen.get('flip_pairs')
    return LabelSet(
        'COCO keypoints',
        names,
        tuple(objects),
        tuple(left_out),
        None if pairs is None else _pairs(pairs, names, f'{source}, flip_pairs'),
        _lines(chosen.get('skeleton'), len(names), f'{source}, skeleton'),
    )


def _category(content: dict, wanted: str | None, path: str) -> dict:
    """The category that has points."""
    categories = get(content, 'categories', list, path)
    for i, record in enumerate(categories):
        get(record, 'id', int, f'{path}: categories[{i}]')
        get(record, 'name', str, f'{path}: categories[{i}]')
    found = [c for c in categories if c.get('keypoints') and wanted in (None, c['name'])]
    if len(found) != 1:
        listed = ', '.join(repr(c['name']) for c in found or categories) or 'none'
        problem = 'none has keypoints' if not found else 'several have keypoints, say --category'
        raise ValueError(
            f'{path}: key categories: expected one with keypoints, but {problem} ({listed})'
        )
    return found[0]


def _object(
    record: dict, files: dict[int, str], count: int, finder: ImageFinder, where: str
) -> LabelledObject | str:
    """The object of an annotation, or why it is left out."""
    if record.get('iscrowd'):
        return f'{where}: a crowd'
    if not record.get('keypoints'):
        return f'{where}: no points'
    values = np.array(
        numbers(get(record, 'keypoints', list, where), 3 * count, f'{where}, keypoints')
    ).reshape(count, 3)
    if not np.isin(values[:, 2], (0, 1, 2)).all():
        raise ValueError(f'{where}, keypoints: expected v = 0, 1 or 2, found {short(values[:, 2])}')
    image_id = get(record, 'image_id', int, where)
    if image_id not in files:
        raise ValueError(f'{where}: image_id {image_id} is none of the images')
    image = finder.find(files[image_id])
    if image is None:
        return f'{where}: its image {files[image_id]!r} is not below {finder.folder}'
    box = None
    if record.get('bbox'):
        x, y, w, h = numbers(record['bbox'], 4, f'{where}, bbox')
        box = np.array([x, y, x + w, y + h])
    return LabelledObject(image, values[:, :2], values[:, 2].astype(np.int64), where, box)


def _pairs(pairs: Any, names: tuple[str, ...], source: str) -> tuple[tuple[int, int], ...]:
    """Pairs of indices or of names."""
    try:
        found = tuple(
            tuple(names.index(p) if isinstance(p, str) else int(p) for p in pair) for pair in pairs
        )
    except (TypeError, ValueError):
        found = ((),)
    flat = [index for pair in found for index in pair]
    are_points = all(0 <= index < len(names) for index in flat) and len(set(flat)) == len(flat)
    if not are_points or any(len(pair) != 2 for pair in found):
        raise ValueError(f'{source}: expected pairs of points, each once, found {short(pairs)}')
    return found


def _lines(skeleton: Any, count: int, source: str) -> dict[str, tuple[int, ...]]:
    """COCO's skeleton, whose points count from 1."""
    if not isinstance(skeleton, list):
        return {}
    links = [numbers(link, 2, source) for link in skeleton]
    return {
        f'line_{i}': (int(a) - 1, int(b) - 1)
        for i, (a, b) in enumerate(links)
        if 1 <= min(a, b) and max(a, b) <= count
    }
