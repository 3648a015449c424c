from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from pfld_mm.core.text import read_text, short, to_number
from pfld_mm.datasets.readers.checks import LARGEST

ALIASES = {
    'gap_center_x': 'gap_x',
    'gap_center_y': 'gap_y',
    'piece_center_x': 'piece_x',
    'piece_center_y': 'piece_y',
    'gap_box_w': 'gap_w',
    'gap_box_h': 'gap_h',
}
"""Other names of the columns, as public sets write them."""


@dataclass
class SliderLabel:
    """One line of a label file; coordinates in pixels from the image's corner.

    So the center of pixel (i, j) is at (i + 0.5, j + 0.5), as for boxes; `slider_sample` turns
    centers into mmpose's convention, where it is at (i, j).

    ``gap_size`` is the width and height of the gap's bounding box.
    """

    image: str
    line: int
    gap: tuple[float, float] | None = None
    piece: tuple[float, float] | None = None
    angle_deg: float | None = None
    decoys: list[tuple[float, float]] = field(default_factory=list)
    gap_size: tuple[float, float] | None = None


def read_slider_labels(path: str | Path) -> list[SliderLabel]:
    """Read a CSV with the columns image, gap_x, gap_y, piece_x, piece_y, angle_deg, decoys.

    With gap_w and gap_h, the size of the gap, a set can be used to compare with other methods.
    Only ``image`` must be there; an empty cell or a missing column means: not labelled. Decoys
    are written ``x y;x y``. Other columns are ignored.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a line is malformed; it names file, line and column.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such label file')
    reader = csv.reader(io.StringIO(read_text(path)))
    try:
        names = [ALIASES.get(name.strip(), name.strip()) for name in next(reader, [])]
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ValueError(
            f'{path}, line {reader.line_num}: expected a row of a CSV, but {error}'
        ) from None
    if 'image' not in names:
        raise ValueError(f'{path}, line 1: expected a column `image`, found {short(names)}')
    if len(set(names)) != len(names):
        raise ValueError(f'{path}, line 1: a column is there twice: {short(names)}')
    return [_parse_row(f'{path}, line {line}', line, names, row) for line, row in rows]


def _parse_row(where: str, line: int, names: list[str], row: list[str]) -> SliderLabel:
    if len(row) != len(names):
        raise ValueError(f'{where}: expected {len(names)} cells ({short(names)}), found {len(row)}')
    cells = {name: cell.strip() for name, cell in zip(names, row, strict=True)}
    if not cells['image']:
        raise ValueError(f'{where}: column `image` is empty')
    angle = cells.get('angle_deg', '')
    sized = {'gap_w', 'gap_h'} <= cells.keys()
    return SliderLabel(
        image=cells['image'],
        line=line,
        gap=_pair(where, cells, 'gap_x', 'gap_y'),
        piece=_pair(where, cells, 'piece_x', 'piece_y'),
        angle_deg=_number(where, 'angle_deg', angle) if angle else None,
        decoys=_decoys(where, cells.get('decoys', '')),
        gap_size=_pair(where, cells, 'gap_w', 'gap_h') if sized else None,
    )


def _pair(where: str, cells: dict[str, str], first: str, second: str) -> tuple[float, float] | None:
    a, b = cells.get(first, ''), cells.get(second, '')
    if not a and not b:
        return None
    if not a or not b:
        raise ValueError(
            f'{where}: {first} and {second} go together, found {short(a)} and {short(b)}'
        )
    return _number(where, first, a), _number(where, second, b)


def _decoys(where: str, text: str) -> list[tuple[float, float]]:
    decoys = []
    for part in filter(None, (part.strip() for part in text.split(';'))):
        numbers = part.split()
        if len(numbers) != 2:
            raise ValueError(f'{where}: column decoys: expected `x y;x y`, found {short(part)}')
        decoys.append((_number(where, 'decoys', numbers[0]), _number(where, 'decoys', numbers[1])))
    return decoys


def _number(where: str, column: str, text: str) -> float:
    value = to_number(text)
    if not abs(value) <= LARGEST:  # NaN as well
        raise ValueError(
            f'{where}: column {column}: expected a number, found {short(text)} '
            f'(at most {LARGEST:g})'
        )
    return value
