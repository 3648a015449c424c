from __future__ import annotations

import codecs
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

MAX_BYTES = 512 * 2**20
"""Of a file; COCO's own labels of 118,287 images are half as large."""

MAX_BYTES_OF_IMAGE = 64 * 2**20
"""Of a file that labels one image."""

_MARKS = (
    (codecs.BOM_UTF8, 'utf-8-sig'),
    (codecs.BOM_UTF32_LE, 'utf-32'),
    (codecs.BOM_UTF32_BE, 'utf-32'),
    (codecs.BOM_UTF16_LE, 'utf-16'),
    (codecs.BOM_UTF16_BE, 'utf-16'),
)
"""Byte order marks; UTF-32's begins with UTF-16's, so it comes first."""


def read_text(path: str | Path, max_bytes: int = MAX_BYTES) -> str:
    """The text of a file, in whichever encoding editors and labelling tools save it.

    A byte order mark decides; without one it is UTF-16 if every other byte is zero, else UTF-8,
    else Latin-1. All line ends (LF, CR LF and CR alone) become line feeds, which alone
    divide lines: ``str.splitlines`` divides at other characters too.

    Args:
        path: The file, or a link to it.
        max_bytes: A larger file is refused.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is a folder, a pipe, a device, a link without an end, too large, or no
            text; names the file.
    """
    path = Path(path)
    data = _read_bytes(path, max_bytes)
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != 'utf-8':
            raise ValueError(
                f'{path}: expected text, its mark says {encoding}, but byte {error.start} is none; '
                'save the file as UTF-8'
            ) from None
        text = data.decode('latin-1')
    if '\0' in text:
        raise ValueError(
            f'{path}: expected text, found a binary file; name another file, or save it as UTF-8'
        )
    return text.replace('\r\n', '\n').replace('\r', '\n')


def short(value: Any, length: int = 60) -> str:
    """A value for a message, cut where it is long; what files hold may be of any length.

    Args:
        value: Anything with a repr.
        length: In characters.
    """
    text = ''
    for piece in _pieces(value, length):
        text += piece
        if len(text) > length:
            size = f' ({len(value)} items)' if isinstance(value, list | tuple | dict) else ''
            return f'{text[: length - 3]}...{size}'
    return text


def to_number(text: str) -> float:
    """The number that a text of a file is: ASCII, with a decimal point, without underscores.

    Returns:
        NaN where it is none; infinite where the text says so or the number is too large.
    """
    if not text.isascii() or '_' in text:  # float() takes 1_0 and the digits of all scripts
        return math.nan
    try:
        return float(text)
    except ValueError:
        return math.nan


def to_numbers(texts: list[str]) -> np.ndarray:
    """(N,) float64: :func:`to_number` of N texts."""
    return np.array([to_number(text) for text in texts], np.float64)


def _read_bytes(path: Path, max_bytes: int) -> bytes:
    if path.is_dir():
        raise ValueError(f'{path}: expected a text file, found a folder; name the file in it')
    if os.path.lexists(path) and not path.is_file():  # reading from a pipe could block forever
        raise ValueError(
            f'{path}: expected a text file, found a pipe, a device or a link without an end; '
            'remove it'
        )
    with path.open('rb') as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ValueError(
            f'{path}: expected at most {max_bytes / 2**20:g} MiB of text, found more; divide the '
            'file, or remove what is no label'
        )
    return data


def _pieces(value: Any, length: int) -> Iterator[str]:
    """The repr of a value, bit by bit: the whole may not fit into memory."""
    if type(value) in (list, tuple, dict):
        yield repr(type(value)())[0]
        for i, item in enumerate(value):
            yield ', ' if i else ''
            yield from _pieces(item, length)
            if type(value) is dict:
                yield ': '
                yield from _pieces(value[item], length)
        yield ',)' if type(value) is tuple and len(value) == 1 else repr(type(value)())[-1]
    elif isinstance(value, int) and value.bit_length() > 10_000:  # Python refuses to write it
        yield f'a whole number of {value.bit_length()} bits'
    else:
        yield repr(value[: length + 1] if type(value) in (str, bytes) else value)


def _encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if len(data) >= 4 and len(data) % 2 == 0:
        for zeros, others, encoding in ((1, 0, 'utf-16-le'), (0, 1, 'utf-16-be')):
            sample = data[:512]
            if not any(sample[zeros::2]) and all(sample[others::2]):
                return encoding
    return 'utf-8'
