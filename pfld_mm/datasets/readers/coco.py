"""COCO keypoints, as CVAT and MMPose write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pfld_mm.core.text import short
from pfld_mm.datasets.readers.checks import (
    get,
    load_json,
    numbers,
    point_names,
    stated_size,
    whole_numbers,
)
from pfld_mm.datasets.readers.image_finder import ImageFinder, ListedImage
from pfld_mm.datasets.readers.label_set import LabelledObject, LabelSet, StatedSize

Listed = tuple[ListedImage, StatedSize]


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
    listed = _listed(get(content, 'images', list, str(path)), f'{path}: images')
    chosen = _category(content, category, str(path))
    source = f'{path}: category {chosen["name"]!r}'
    names = point_names(chosen['keypoints'], f'{source}, keypoints')
    finder = ImageFinder(images, (image for image, _ in listed.values()))
    objects, left_out = [], []
    for i, record in enumerate(get(content, 'annotations', list, str(path))):
        where = f'{path}: annotations[{i}]'
        if get(record, 'category_id', int, where) != chosen['id']:
            left_out.append(f'{where}: of another category')
            continue
        found = _object(record, listed, len(names), finder, where)
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


def _listed(records: list, source: str) -> dict[int, Listed]:
    """The images by their id, with the sizes that are stated."""
    listed: dict[int, Listed] = {}
    for i, record in enumerate(records):
        where = f'{source}[{i}]'
        number = get(record, 'id', int, where)
        image = ListedImage(get(record, 'file_name', str, where))
        found = image, stated_size(record, ('width', 'height'), where)
        if listed.setdefault(number, found) != found:
            raise ValueError(
                f'{where}: expected another id for each image, found {short(number)} for '
                f'{short(listed[number][0].name)} and {short(image.name)}; number the images anew '
                'before you put files together'
            )
    return listed


def _category(content: dict, wanted: str | None, path: str) -> dict:
    """The category that has points."""
    categories = get(content, 'categories', list, path)
    for i, record in enumerate(categories):
        get(record, 'id', int, f'{path}: categories[{i}]')
        get(record, 'name', str, f'{path}: categories[{i}]')
    found = [c for c in categories if c.get('keypoints') and wanted in (None, c['name'])]
    if len(found) != 1:
        listed = short([c['name'] for c in found or categories], 200)
        problem = 'none has keypoints' if not found else 'several have keypoints, say --category'
        raise ValueError(
            f'{path}: key categories: expected one with keypoints, but {problem} ({listed})'
        )
    if [c['id'] for c in categories].count(found[0]['id']) > 1:
        raise ValueError(
            f'{path}: key categories: expected another id for each, found {short(found[0]["id"])} '
            'twice; number the categories anew before you put files together'
        )
    return found[0]


def _object(
    record: dict, listed: dict[int, Listed], count: int, finder: ImageFinder, where: str
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
    if image_id not in listed:
        raise ValueError(f'{where}: image_id {short(image_id)} is none of the images')
    name, stated = listed[image_id]
    image = finder.find(name)
    if isinstance(image, str):
        return f'{where}: {image}'
    box = None
    if record.get('bbox'):
        x, y, w, h = numbers(record['bbox'], 4, f'{where}, bbox')
        box = np.array([x, y, x + w, y + h])
    visibility = values[:, 2].astype(np.int64)
    return LabelledObject(image, values[:, :2], visibility, where, box, stated)


def _pairs(pairs: Any, names: tuple[str, ...], source: str) -> tuple[tuple[int, int], ...]:
    """Pairs of indices or of names."""
    place = {name: i for i, name in enumerate(names)}
    is_list = isinstance(pairs, list) and all(isinstance(pair, list) for pair in pairs)
    found = [
        whole_numbers([place.get(p, -1) if isinstance(p, str) else p for p in pair], 2, source)
        for pair in (pairs if is_list else [[]])
    ]
    flat = [index for pair in found for index in pair]
    are_points = all(0 <= index < len(names) for index in flat) and len(set(flat)) == len(flat)
    if not are_points:
        raise ValueError(f'{source}: expected pairs of points, each once, found {short(pairs)}')
    return tuple((a, b) for a, b in found)


def _lines(skeleton: Any, count: int, source: str) -> dict[str, tuple[int, ...]]:
    """COCO's skeleton, whose points count from 1."""
    if not isinstance(skeleton, list):
        return {}
    links = [whole_numbers(link, 2, source) for link in skeleton]
    return {
        f'line_{i}': (a - 1, b - 1)
        for i, (a, b) in enumerate(links)
        if 1 <= min(a, b) and max(a, b) <= count
    }
