"""A folder of ``.pts`` files, each beside its image."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from pfld_mm.datasets.face.pts_file import PtsFile
from pfld_mm.datasets.inside import links_out
from pfld_mm.datasets.readers.image_finder import ENDINGS
from pfld_mm.datasets.readers.label_set import LabelledObject, LabelSet


def read_pts_folder(path: Path, images: Path) -> LabelSet:
    """Read all ``.pts`` files of a folder, in it or below; coordinates are taken as written.

    Args:
        path: The folder.
        images: A folder into which links may lead, besides ``path``.

    Raises:
        ValueError: If a file is malformed, or two have different numbers of points.
    """
    beside = defaultdict(list)
    for file in sorted(path.rglob('*')):
        if file.suffix.lower() in ENDINGS and os.path.isfile(file):
            beside[file.with_suffix('')].append(file)
    objects, left_out, first = [], [], None
    for file in sorted(path.rglob('*.pts')):
        image = _image(file, beside)
        outside = [p for p in (file, image) if isinstance(p, Path) and links_out((path, images), p)]
        if outside:
            image = f'{outside[0].name} is a link out of {path}; copy the file'
        if isinstance(image, str):
            left_out.append(f'{file}: {image}')
            continue
        content = PtsFile.read(file)
        count = len(content.points)
        first = first or (count, file)
        if count != first[0]:
            raise ValueError(
                f'{file}: expected {first[0]} points, as in {first[1]}, found {count}; convert '
                'files of different mark-ups apart'
            )
        objects.append(LabelledObject(image, content.points, content.visibility, str(file)))
    names = tuple(map(str, range(first[0] if first else 0)))
    return LabelSet('.pts', names, tuple(objects), tuple(left_out))


def _image(file: Path, beside: Mapping[Path, list[Path]]) -> Path | str:
    """The image of ``a.pts`` or ``a.2.pts``, or why there is none."""
    stem = file.with_suffix('')
    found = beside.get(stem) or beside.get(stem.with_suffix('')) or []
    if len(found) > 1:
        return f'{found[0].name} and {found[1].name} are beside it; remove one'
    return found[0] if found else 'no image beside it'
