"""Lists of faces that a teacher labelled with WFLW's 98 points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pfld_mm.core.text import read_text, to_numbers
from pfld_mm.datasets.face.pts_file import LARGEST
from pfld_mm.datasets.inside import inside

NUMBERS = 196 + 2


@dataclass(frozen=True)
class PseudoLabel:
    """A line of a list.

    Attributes:
        points: (98, 2) float64, pixels.
        spread: Mean distance of the teacher's predictions from their mean, in eye distances.
        gap: Mean distance to another label of the face, in eye distances; 0 if there is none.
        image: As the list gives it, relative to the data's root.
        path: Of the image, not out of the data's root.
        source: ``file:line``, for messages.
    """

    points: np.ndarray
    spread: float
    gap: float
    image: str
    path: str
    source: str


def read_pseudo_labels(path: Path, root: str | Path = '') -> Iterator[PseudoLabel]:
    """The faces of a list: 196 coordinates, spread, gap and an image a line.

    Args:
        path: The list.
        root: Folder of the images; an empty one allows any path.

    Raises:
        FileNotFoundError: If the list is missing.
        ValueError: For a malformed line, or an image that is not below the root; names file and
            line.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f'{path.absolute()} does not exist; set data_root and ann_files to the lists of '
            'pseudo-labels (tools/labelling/pseudo_label.py writes them)'
        )
    for number, line in enumerate(read_text(path).split('\n'), 1):
        if line.strip():
            yield _parse(line, f'{path}:{number}', root)


def usable_labels(
    root: str, names: Sequence[str], max_spread: float, max_gap: float
) -> list[PseudoLabel]:
    """The faces of several lists whose spread and gap are within the limits.

    Raises:
        FileNotFoundError: If a list is missing.
        ValueError: For a malformed line, or if no face is left.
    """
    labels = [label for name in names for label in read_pseudo_labels(Path(root, name), root)]
    usable = [one for one in labels if one.spread <= max_spread and one.gap <= max_gap]
    if not usable:
        raise ValueError(
            f'{list(names)}: no face has spread <= {max_spread} and gap <= {max_gap}; raise the '
            'limits or give other lists'
        )
    return usable


def _parse(line: str, source: str, root: str | Path) -> PseudoLabel:
    fields = line.split(maxsplit=NUMBERS)
    numbers = to_numbers(fields[:NUMBERS])
    is_sane = len(numbers) == NUMBERS and (np.abs(numbers) <= LARGEST).all()
    if len(fields) != NUMBERS + 1 or not is_sane:
        raise ValueError(
            f'{source}: expected 196 coordinates, spread, gap (finite numbers, at most '
            f'{LARGEST:g}) and an image '
            f'name, found {len(fields)} fields beginning {line[:40]!r}; correct or remove it'
        )
    points, (spread, gap) = numbers[:196].reshape(98, 2), numbers[196:]
    image = fields[-1].strip()
    path = inside(root, image, source, 'set data_root=None to allow any path')
    return PseudoLabel(points, float(spread), float(gap), image, path, source)
