"""Reads lists of faces in whole images: a line a face, see `read_finder_labels`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
    """Read a UTF-8 list with the fields of ``LAYOUT``, faces of one image one after another or not.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is empty, not UTF-8 or has a malformed line; names file and line.
    """
    rows: dict[str, list[np.ndarray]] = {}
    sources: dict[str, str] = {}
    for source, fields in read_lines(path, FIELDS, LAYOUT):
        rows.setdefault(fields[0], []).append(_numbers(source, fields[1:]))
        sources.setdefault(fields[0], source)
    return [_faces(image, sources[image], np.stack(faces)) for image, faces in rows.items()]


def read_lines(path: str | Path, count: int, layout: str) -> list[tuple[str, list[str]]]:
    """The lines of a UTF-8 text file as (``file:line``, fields), blank ones left out.

    Args:
        path: The file.
        count: Fields of a line, separated by blanks.
        layout: What they are, for messages.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is empty, not UTF-8, or a line has another number of fields.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such list of faces; set data_root or ann_file')
    try:
        text = path.read_text(encoding='utf-8-sig')
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b'\n') + 1
        raise ValueError(
            f'{path}:{line}: expected UTF-8 text, found {error.reason}; save the file as UTF-8'
        ) from None
    lines = [
        (f'{path}:{number}', line.split())
        for number, line in enumerate(text.splitlines(), 1)
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


def _numbers(source: str, fields: list[str]) -> np.ndarray:
    """(18,) float64, checked."""
    try:
        numbers = np.array(fields, np.float64)
    except ValueError as error:
        raise ValueError(f'{source}: expected numbers behind the image name ({error})') from None
    if not np.isfinite(numbers).all():
        raise ValueError(f'{source}: expected finite numbers, found {fields}')
    if numbers[2] <= numbers[0] or numbers[3] <= numbers[1]:
        raise ValueError(f'{source}: expected x0 < x1 and y0 < y1, found {fields[:4]}')
    if numbers[7] not in (0, 1):
        raise ValueError(f'{source}: expected ignore to be 0 or 1, found {fields[7]}')
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
