from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pfld_mm.core.text import MAX_BYTES_OF_IMAGE, read_text, short, to_number
from pfld_mm.datasets.face.missing_points import is_missing

LARGEST = 1e6
"""Pixels; larger coordinates are a typing error."""

_COUNT = re.compile(r'n_points\s*[:=]?\s*(.*)')


@dataclass(frozen=True, eq=False)
class PtsFile:
    """The points of a ``.pts`` file.

    The file holds a line "x y" for each point, or "x y v" with COCO's flag of visibility, with or
    without the header ``version: 1``, ``n_points: K`` and braces, in any usual encoding. "x, y" and
    "x,y" are the same as "x y"; decimals have a point, not a comma.

    Attributes:
        points: (K, 2) float64, as written.
        visibility: (K,) int64: 0 not marked (v = 0, or -1 -1 in the place of a point), 1 marked
            but hidden, 2 seen; 2 where there is no third column.
    """

    points: np.ndarray
    visibility: np.ndarray

    @classmethod
    def read(cls, path: Path) -> PtsFile:
        """Read a file.

        Raises:
            ValueError: If a line is no point, if there is none, or if their number is not the
                header's ``n_points``; names file and line.
        """
        announced, rows = None, []
        for number, line in enumerate(read_text(path, MAX_BYTES_OF_IMAGE).split('\n'), 1):
            text = line.replace('{', ' ').replace('}', ' ').strip()
            count = _COUNT.fullmatch(text)
            if count:
                announced = count[1]
            elif text and not text.startswith('version'):
                rows.append(_row(text, f'{path}:{number}'))
        if not rows or (announced is not None and announced != str(len(rows))):
            raise ValueError(
                f'{path}: expected {announced or "some"} points (lines "x y"), found {len(rows)}; '
                'correct or remove the file'
            )
        values = np.array(rows, np.float64)
        points = values[:, :2]
        return cls(points, np.where(is_missing(points), 0, values[:, 2]).astype(np.int64))


def _row(text: str, source: str) -> list[float]:
    """x, y and visibility of a line."""
    row = [to_number(cell) for cell in _cells(text)]
    is_sane = all(abs(number) <= LARGEST for number in row)  # not of NaN
    if len(row) not in (2, 3) or not is_sane or row[2:] not in ([], [0], [1], [2]):
        raise ValueError(
            f'{source}: expected two finite numbers "x y", at most {LARGEST:g}, or "x y v" with '
            f'v = 0, 1 or 2, found {short(text)}; correct or remove it'
            + (' (decimals need a point, not a comma)' if ',' in text else '')
        )
    return [*row, 2.0][:3]


def _cells(text: str) -> list[str]:
    """The cells of a line, between blanks or between commas of one kind; of a mixture, none.

    In "22 20,1" and "22, 20,1" a comma may be the decimal one.
    """
    if ',' not in text:
        return text.split()
    separators = {' '.join(found.split()) for found in re.findall(r'\s*,\s*|\s+', text)}
    spaced = {bool(re.search(r'\s', found)) for found in re.findall(r'\s*,\s*', text)}
    return text.split(',') if separators == {','} and len(spaced) == 1 else []
