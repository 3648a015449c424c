"""Reads lists of faces in whole images: a line a face, see `read_finder_labels`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pfld_mm.core.text import read_text, short, to_numbers
from pfld_mm.datasets.face.pts_file import LARGEST

FIELDS = 19
LAYOUT = 'image x0 y0 x1 y1 score yaw roll ignore and five points x y'


@dataclass(frozen=True)
class ImageFaces:
    """The labelled faces of one image.

    Attributes:
        image: Path as the list gives it.
        source: ``file:line`` of its first face, for messages.
        boxes: (F, 4) float32 x_min, y_min, x_max, y_max in pixels, tight around the landmarks.
        points: (F, 5, 2) float32: pupils, nose tip, mouth corners, left in the image first.
        yaw: (F,) float32 degrees.
        ignore: (F,) bool: neither face nor background.
        attributes: (F, A) float32, 0 or 1; no columns where the list has none.
    """

    image: str
    source: str
    boxes: np.ndarray
    points: np.ndarray
    yaw: np.ndarray
    ignore: np.ndarray
    attributes: np.ndarray


def read_finder_labels(path: str | Path) -> list[ImageFaces]:
    """Read a list with the fields of ``LAYOUT``, faces of one image one after another or not.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is empty, no text or has a malformed line; names file and line.
    """
    rows: dict[str, list[np.ndarray]] = {}
    sources: dict[str, str] = {}
    for source, fields in read_lines(path, FIELDS, LAYOUT):
        rows.setdefault(fields[0], []).append(_numbers(source, fields[1:]))
        sources.setdefault(fields[0], source)
    return [_faces(image, sources[image], np.stack(faces)) for image, faces in rows.items()]


def read_lines(path: str | Path, count: int, layout: str) -> list[tuple[str, list[str]]]:
    """The lines of a text file as (``file:line``, fields), blank ones left out.

    Args:
        path: The file.
        count: Fields of a line, separated by blanks.
        layout: What they are, for messages.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is empty, no text, or a line has another number of fields.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such list of faces; set data_root or ann_file')
    lines = [
        (f'{path}:{number}', line.split())
        for number, line in enumerate(read_text(path).split('\n'), 1)
        if line.strip()
    ]
    if not lines:
        raise ValueError(f'{path}: expected a line a face, found none')
    for source, fields in lines:
        if len(fields) != count:
            raise ValueError(
                f'{source}: expected {count} fields ({layout}), found {len(fields)}; '
                'correct or remove the line'
            )
    return lines


def numbers_of(fields: list[str], source: str, layout: str) -> np.ndarray:
    """Fields as float64.

    Args:
        fields: Of a line.
        source: ``file:line``.
        layout: What they are, for messages.

    Raises:
        ValueError: If one is no finite number, or beyond `LARGEST`.
    """
    numbers = to_numbers(fields)
    is_sane = np.abs(numbers) <= LARGEST
    if not is_sane.all():
        raise ValueError(
            f'{source}: expected finite numbers, at most {LARGEST:g} ({layout}), found '
            f'{short(fields[int(np.argmin(is_sane))])}; correct or remove the line'
        )
    return numbers


def _numbers(source: str, fields: list[str]) -> np.ndarray:
    """(18,) float64, checked."""
    numbers = numbers_of(fields, source, 'numbers behind the image name')
    if numbers[2] <= numbers[0] or numbers[3] <= numbers[1]:
        raise ValueError(f'{source}: expected x0 < x1 and y0 < y1, found {short(fields[:4])}')
    if numbers[7] not in (0, 1):
        raise ValueError(f'{source}: expected ignore to be 0 or 1, found {short(fields[7])}')
    return numbers


def _faces(image: str, source: str, rows: np.ndarray) -> ImageFaces:
    return ImageFaces(
        image=image,
        source=source,
        boxes=rows[:, :4].astype(np.float32),
        points=rows[:, 8:].reshape(-1, 5, 2).astype(np.float32),
        yaw=rows[:, 5].astype(np.float32),
        ignore=rows[:, 7].astype(bool),
        attributes=np.zeros((len(rows), 0), np.float32),
    )
