from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

_MARKS = (
    (codecs.BOM_UTF8, 'utf-8-sig'),
    (codecs.BOM_UTF32_LE, 'utf-32'),
    (codecs.BOM_UTF32_BE, 'utf-32'),
    (codecs.BOM_UTF16_LE, 'utf-16'),
    (codecs.BOM_UTF16_BE, 'utf-16'),
)
"""Byte order marks; UTF-32's begins with UTF-16's, so it comes first."""


def read_text(path: str | Path) -> str:
    """The text of a file, in whichever encoding editors and labelling tools save it.

    A byte order mark decides; without one it is UTF-16 if every other byte is zero, else UTF-8,
    else Latin-1. All line ends become line feeds.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is a folder, or no text; names the file.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f'{path}: expected a text file, found a folder; name the file in it')
    data = path.read_bytes()
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
        raise ValueError(f'{path}: expected text, found a binary file; name another file')
    return text.replace('\r\n', '\n').replace('\r', '\n')


def short(value: Any, length: int = 60) -> str:
    """A value for a message, cut where it is long; what files hold may be of any length.

    Args:
        value: Anything with a repr.
        length: In characters.
    """
    text = repr(value)
    size = f' ({len(value)} items)' if isinstance(value, list | tuple | dict) else ''
    return text if len(text) <= length else f'{text[: length - 3]}...{size}'


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
