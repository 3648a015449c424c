"""Writes labels as ``train`` and ``test`` folders of images with ``.pts`` files."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter, defaultdict
from pathlib import Path

import cv2

from pfld_mm.core.image import read_image
from pfld_mm.datasets.face.ibug_face import IMAGES
from pfld_mm.datasets.readers.label_set import LabelledObject, LabelSet
from pfld_mm.datasets.readers.usable import MIN_IMAGES

TRAINING = MIN_IMAGES - 1
"""Images that are not for testing, at least."""

LONGEST = 60
"""Characters of a name before its ending; 60 of four bytes each fit into any file system."""


def write_pts_tree(labels: LabelSet, out: Path, test_ratio: float) -> dict[str, int]:
    """Copy the images and write the points, 0-based.

    All objects of an image are on the same side, which follows from the image's name alone; a
    third column has the visibility where a point of the set is hidden or not marked.

    Args:
        labels: What was read.
        out: Folder to write to.
        test_ratio: Ratio of images for testing; at least one image, and ``TRAINING`` are left.

    Returns:
        Number of objects by ``'train'`` and ``'test'``.
    """
    by_image: dict[Path, list[LabelledObject]] = defaultdict(list)
    for item in labels.objects:
        by_image[item.image].append(item)
    names = _names(list(by_image))
    in_order = sorted(by_image, key=lambda path: _digest(names[path]))
    count = min(max(1, round(test_ratio * len(in_order))), len(in_order) - TRAINING)
    testing = set(in_order[:count])
    has_flags = any((item.visibility < 2).any() for item in labels.objects)
    counts = {'train': 0, 'test': 0}
    for image, items in by_image.items():
        part = 'test' if image in testing else 'train'
        folder = out / part
        folder.mkdir(parents=True, exist_ok=True)
        _copy(image, folder, names[image])
        for number, item in enumerate(items, 1):
            end = '.pts' if number == 1 else f'.{number}.pts'
            text = _text(item, has_flags)
            (folder / (names[image] + end)).write_text(text, encoding='utf-8')
        counts[part] += len(items)
    return counts


def _names(images: list[Path]) -> dict[Path, str]:
    """A name for each image, without its ending; with its folder's where that is not enough."""
    stems = Counter(image.stem for image in images)
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for image in images:
        name = image.stem if stems[image.stem] == 1 else f'{image.parent.name}_{image.stem}'
        name = name.replace('.', '_')  # a.2.pts are the points of another object in a.jpg
        name = name if len(os.fsencode(name)) <= 4 * LONGEST else name[:LONGEST]
        while name.lower() in taken:
            name += '_'
        taken.add(name.lower())
        names[image] = name
    return names


def _copy(image: Path, folder: Path, name: str) -> None:
    """The file as it is, or as PNG where the data set does not know its ending."""
    if image.suffix in IMAGES:
        shutil.copyfile(image, folder / (name + image.suffix))
    else:
        _, data = cv2.imencode('.png', read_image(image))
        (folder / f'{name}.png').write_bytes(data.tobytes())


def _text(item: LabelledObject, has_flags: bool) -> str:
    rows = []
    for (x, y), flag in zip(item.points.tolist(), item.visibility.tolist(), strict=True):
        place = f'{x:.3f} {y:.3f}' if flag else '-1 -1'
        rows.append(f'{place} {flag}' if has_flags else place)
    return f'version: 1\nn_points: {len(rows)}\n{{\n' + '\n'.join(rows) + '\n}\n'


def _digest(name: str) -> bytes:
    return hashlib.blake2b(os.fsencode(name), digest_size=8).digest()
