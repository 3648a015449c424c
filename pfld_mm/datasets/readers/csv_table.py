"""A CSV of the form of PyTorch's tutorial: image_name, part_0_x, part_0_y, part_1_x, ..."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from pfld_mm.core.text import read_text, short
from pfld_mm.datasets.face.missing_points import is_missing
from pfld_mm.datasets.readers.checks import numbers
from pfld_mm.datasets.readers.image_finder import ImageFinder, ListedImage
from pfld_mm.datasets.readers.label_set import LabelledObject, LabelSet


def read_csv_table(path: Path, images: Path) -> LabelSet:
    """Read a table. Its first column is the image; ``NAME_x`` and ``NAME_y`` are a point.

    Empty cells and -1, -1 are a point that is not marked; a column ``NAME_v`` has COCO's flags.
    Commas, semicolons or tabs divide the cells.

    Args:
        path: The file.
        images: Folder of the images.

    Raises:
        ValueError: If the file is malformed; names the line.
    """
    text = read_text(path)
    delimiter = max(',;\t', key=text.partition('\n')[0].count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        columns = [cell.strip() for cell in next(reader, [])]
        names, stride = _names(columns, path)
        rows = [(f'{path}:{reader.line_num}', [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise ValueError(
            f'{path}:{reader.line_num}: expected a row of a CSV, but {error}'
        ) from None
    rows = [(source, row) for source, row in rows if any(row)]
    finder = ImageFinder(images, (ListedImage(row[0]) for _, row in rows))
    objects, left_out = [], []
    for source, row in rows:
        found = _object(row, len(columns), stride, finder, source)
        (left_out if isinstance(found, str) else objects).append(found)
    return LabelSet('CSV', names, tuple(objects), tuple(left_out))


def _names(columns: list[str], path: Path) -> tuple[tuple[str, ...], int]:
    """The names of the points, and how many columns each has (2 or 3)."""
    stride = 3 if columns[3:4] and columns[3].endswith('_v') else 2
    names = [column[:-2] for column in columns[1::stride]]
    ends = '_x _y _v'.split()[:stride]
    expected = [f'{name}{end}' for name in names for end in ends]
    if not names or columns[1:] != expected:
        wrong = next((c for c, e in zip(columns[1:], expected, strict=False) if c != e), None)
        raise ValueError(
            f'{path}:1: expected a head image_name, NAME_x, NAME_y, ... (or with NAME_v), found '
            f'{short(wrong or columns)}'
        )
    return tuple(names), stride


def _object(
    row: list[str], width: int, stride: int, finder: ImageFinder, source: str
) -> LabelledObject | str:
    """The object of a row, or why it is left out."""
    if len(row) != width:
        raise ValueError(f'{source}: expected {width} cells, found {len(row)}')
    values = np.array(numbers([cell or '-1' for cell in row[1:]], width - 1, source))
    values = values.reshape(-1, stride)
    visibility = np.where(is_missing(values[:, :2]), 0, 2)
    if stride == 3:
        if not np.isin(values[:, 2], (-1, 0, 1, 2)).all():
            raise ValueError(
                f'{source}: expected v = 0, 1 or 2, found {short(values[:, 2].tolist())}'
            )
        visibility = np.minimum(visibility, np.maximum(values[:, 2], 0).astype(np.int64))
    image = finder.find(ListedImage(row[0]))
    if isinstance(image, str):
        return f'{source}: {image}'
    return LabelledObject(image, values[:, :2], visibility, source)
