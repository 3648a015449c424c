"""Lists of faces that a teacher labelled with WFLW's 98 points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pfld_mm.core.text import read_text

NUMBERS = 196 + 2


@dataclass(frozen=True)
class PseudoLabel:
    """A line of a list.

    Attributes:
        points: (98, 2) float64, pixels.
        spread: Mean distance of the teacher's predictions from their mean, in eye distances.
        gap: Mean distance to another label of the face, in eye distances; 0 if there is none.
        image: Relative to the data's root.
        source: ``file:line``, for messages.
    """

    points: np.ndarray
    spread: float
    gap: float
    image: str
    source: str


def read_pseudo_labels(path: Path) -> Iterator[PseudoLabel]:
    """The faces of a list: 196 coordinates, spread, gap and an image a line.

    Raises:
        FileNotFoundError: If the list is missing.
        ValueError: For a malformed line; names file and line.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f'{path.absolute()} does not exist; set data_root and ann_files to the lists of '
            'pseudo-labels (tools/labelling/pseudo_label.py writes them)'
        )
    for number, line in enumerate(read_text(path).split('\n'), 1):
        if line.strip():
            yield _parse(line, f'{path}:{number}')


def usable_labels(
    root: Path, names: Sequence[str], max_spread: float, max_gap: float
) -> list[PseudoLabel]:
    """The faces of several lists whose spread and gap are within the limits.

    Raises:
        FileNotFoundError: If a list is missing.
        ValueError: For a malformed line, or if no face is left.
    """
    labels = [label for name in names for label in read_pseudo_labels(root / name)]
    usable = [one for one in labels if one.spread <= max_spread and one.gap <= max_gap]
    if not usable:
        raise ValueError(
            f'{list(names)}: no face has spread <= {max_spread} and gap <= {max_gap}; raise the '
            'limits or give other lists'
        )
    return usable


def _parse(line: str, source: str) -> PseudoLabel:
    fields = line.split(maxsplit=NUMBERS)
    try:
        numbers = np.array(fields[:NUMBERS], np.float64)
    except ValueError:
        numbers = np.full(0, np.nan)
    if len(fields) != NUMBERS + 1 or not np.isfinite(numbers).all() or len(numbers) < NUMBERS:
        raise ValueError(
            f'{source}: expected 196 coordinates, spread, gap (finite numbers) and an image '
            f'name, found {len(fields)} fields beginning {line[:40]!r}; correct or remove it'
        )
    points, (spread, gap) = numbers[:196].reshape(98, 2), numbers[196:]
    return PseudoLabel(points, float(spread), float(gap), fields[-1], source)
