"""YOLO-pose: a YAML file, and a text file of labels for each image."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pfld_mm.core.text import MAX_BYTES_OF_IMAGE, read_text, short
from pfld_mm.datasets.inside import inside, leads_out, links_out
from pfld_mm.datasets.readers.checks import numbers, point_names, whole_numbers
from pfld_mm.datasets.readers.image_finder import ENDINGS
from pfld_mm.datasets.readers.image_shape import image_shape
from pfld_mm.datasets.readers.label_set import LabelledObject, LabelSet

NOTHING = ('', '~', 'null', 'Null', 'NULL')
"""What YAML has in the place of a value that is not there."""


def read_yolo_pose(path: Path, images: Path) -> LabelSet:
    """Read a set with all its parts (train, val, test).

    Args:
        path: The YAML file, with ``kpt_shape`` and the folders of the images, whose last
            ``images`` is replaced by ``labels``.
        images: Folder that the parts are relative to, where ``path`` in the file does not lead to
            one.

    Raises:
        ValueError: If a file is malformed; names file and line or key.
    """
    content = _yaml(path)
    shape = whole_numbers(content.get('kpt_shape'), 2, f'{path}, kpt_shape')
    if shape[0] < 1 or shape[1] not in (2, 3):
        raise ValueError(f'{path}, kpt_shape: expected [K, 2] or [K, 3], found {short(shape)}')
    objects, left_out = [], []
    found = _images(content, path, images)
    counts = Counter(map(_labels_of, found))
    for image in found:
        labels = _labels_of(image)
        if not os.path.isfile(labels):
            left_out.append(f'{short(str(image), 200)}: no file of labels')
            continue
        if counts[labels] > 1:
            left_out.append(f'{image}: {labels.name} is of another image too; remove one')
            continue
        outside = [p for p in (image, labels) if links_out((path.parent, images), p)]
        if outside:
            left_out.append(f'{outside[0]}: a link out of {path.parent}; copy the file')
            continue
        try:
            size = image_shape(image)
        except (OSError, ValueError, ImportError) as error:
            left_out.append(str(error))
            continue
        for number, line in enumerate(read_text(labels, MAX_BYTES_OF_IMAGE).split('\n'), 1):
            if line.strip():
                objects.append(_object(line, image, size, shape, f'{labels}:{number}'))
    names = _names(content, shape[0], path)
    pairs = _flip_pairs(content.get('flip_idx'), shape[0], path)
    return LabelSet('YOLO-pose', names, tuple(objects), tuple(left_out), pairs)


def _yaml(path: Path) -> dict:
    """The keys that have a value. All values are texts: no date or number is made of others."""
    text = read_text(path, MAX_BYTES_OF_IMAGE)
    try:
        content = yaml.load(text, yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f'{path}: expected YAML, but {" ".join(str(error).split())}') from None
    if not isinstance(content, dict):
        raise ValueError(f'{path}: expected keys kpt_shape and train, found {short(content)}')
    return {key: value for key, value in content.items() if value not in NOTHING}


def _images(content: dict, path: Path, images: Path) -> list[Path]:
    """The images of all parts."""
    root = _root(content, path, images)
    parts = [content[key] for key in ('train', 'val', 'test') if content.get(key)]
    if not parts:
        raise ValueError(f"{path}: key 'train' is missing, expected a folder of images")
    found: dict[Path, None] = {}
    for part in parts:
        for name in part if isinstance(part, list) else [part]:
            if not isinstance(name, str):
                raise ValueError(f'{path}: expected names of folders, found {short(name)}')
            place = _place(root, name, str(path))
            if links_out((path.parent, images), place):
                raise ValueError(
                    f'{path}: {short(name)} is a link out of {path.parent}; name the folder that '
                    'holds it with --images'
                )
            if os.path.isdir(place):
                some = sorted(p for p in place.rglob('*') if p.suffix.lower() in ENDINGS)
            elif place.suffix == '.txt' and os.path.isfile(place):
                some = [
                    _place(root, line.strip(), f'{place}:{number}')
                    for number, line in enumerate(read_text(place).split('\n'), 1)
                    if line.strip()
                ]
            else:
                raise ValueError(
                    f'{path}: {short(name)} is no folder of images below {root}; name that with '
                    '--images'
                )
            found.update(dict.fromkeys(some))
    return list(found)


def _root(content: dict, path: Path, images: Path) -> Path:
    """Where the parts are: the file's ``path`` if it is below its folder or ``images``."""
    name = content.get('path', '.')
    if not isinstance(name, str):
        raise ValueError(f"{path}: key 'path': expected a folder, found {short(name)}")
    for folder in (path.parent, images):
        if not leads_out(str(folder), name) and os.path.isdir(folder / name):
            return folder / name
    if leads_out(str(path.parent), name) and images == path.parent:
        raise ValueError(
            f"{path}: key 'path': {short(name)} is not below the file's folder; name the folder of "
            'the images with --images'
        )
    return images


def _place(root: Path, name: str, source: str) -> Path:
    """A folder or file below the root. Roboflow writes ``../train/images`` for what is there."""
    plain = name.removeprefix('../')
    if plain != name and not leads_out(str(root), plain) and os.path.exists(root / plain):
        return root / plain
    return Path(inside(root, name, source, 'name the folder that holds it with --images'))


def _labels_of(image: Path) -> Path:
    """``labels/a.txt`` for ``images/a.jpg``."""
    parts = list(image.parts)
    if 'images' not in parts:
        return image.with_suffix('.txt')
    parts[len(parts) - 1 - parts[::-1].index('images')] = 'labels'
    return Path(*parts).with_suffix('.txt')


def _object(
    line: str, image: Path, size: tuple[int, ...], shape: list[int], source: str
) -> LabelledObject:
    """The object of a line: class, box and points in fractions of the image."""
    count, channels = shape
    values = np.array(numbers(line.split(), 5 + count * channels, source))
    scale = np.array([size[1], size[0]], np.float64)
    center, extent = values[1:3] * scale, values[3:5] * scale
    rows = values[5:].reshape(count, channels)
    if channels == 3 and not np.isin(rows[:, 2], (0, 1, 2)).all():
        raise ValueError(f'{source}: expected v = 0, 1 or 2, found {short(rows[:, 2].tolist())}')
    # Without flags, 0 0 stands for a point that is not marked.
    visibility = rows[:, 2] if channels == 3 else 2 * (rows != 0).any(1)
    box = np.concatenate([center - extent / 2, center + extent / 2])
    return LabelledObject(image, rows[:, :2] * scale, visibility.astype(np.int64), source, box)


def _names(content: dict, count: int, path: Path) -> tuple[str, ...]:
    names: Any = content.get('kpt_names')
    names = next(iter(names.values()), None) if isinstance(names, dict) else names
    if names is None:
        return tuple(map(str, range(count)))
    found = point_names(names, f'{path}, kpt_names')
    if len(found) != count:
        raise ValueError(f'{path}, kpt_names: expected {count} names, found {short(names)}')
    return found


def _flip_pairs(indices: Any, count: int, path: Path) -> tuple[tuple[int, int], ...] | None:
    """Pairs of ``flip_idx``, the mirror partner of every point."""
    if indices is None:
        return None
    partners = whole_numbers(indices, count, f'{path}, flip_idx')
    is_mirror = all(0 <= p < count and partners[p] == i for i, p in enumerate(partners))
    if not is_mirror:
        raise ValueError(
            f'{path}, flip_idx: expected the mirror partner of each point, found {short(indices)}'
        )
    return tuple((i, p) for i, p in enumerate(partners) if i < p)
