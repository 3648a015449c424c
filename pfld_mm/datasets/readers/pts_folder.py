"""A folder of ``.pts`` files, each beside its image."""

from __future__ import annotations

from pathlib import Path

from pfld_mm.datasets.face.pts_file import PtsFile
from pfld_mm.datasets.readers.image_finder import ENDINGS
from pfld_mm.datasets.readers.label_set import LabelledObject, LabelSet


def read_pts_folder(path: Path) -> LabelSet:
    """Read all ``.pts`` files of a folder, in it or below; coordinates are taken as written.

    Raises:
        ValueError: If a file is malformed, or two have different numbers of points.
    """
    objects, left_out, first = [], [], None
    for file in sorted(path.rglob('*.pts')):
        image = _beside(file)
        if image is None:
            left_out.append(f'{file}: no image beside it')
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


def _beside(file: Path) -> Path | None:
    stems = (file.stem, file.stem.rpartition('.')[0])  # a.pts, a.2.pts
    return next(
        (
            p
            for s in stems
            if s
            for p in sorted(file.parent.glob(f'{_escaped(s)}.*'))
            if p.stem == s and p.suffix.lower() in ENDINGS
        ),
        None,
    )


def _escaped(name: str) -> str:
    """For glob."""
    return ''.join(f'[{c}]' if c in '*?[' else c for c in name)
