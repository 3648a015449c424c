"""Checked access to what a file of labels holds; errors name file and key."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from pfld_mm.core.text import read_text, short, to_number
from pfld_mm.datasets.readers.label_set import StatedSize

LARGEST = 1e6
"""Pixels; a coordinate beyond is a fault."""

_WORDS = {dict: 'an object', list: 'a list', str: 'a text', int: 'a whole number'}


def load_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        ValueError: If it is none.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # a ValueError of its own for 5,000 digits
        raise ValueError(f'{path}: expected JSON, but {error}; export the labels again') from None


def get(record: Any, key: str, kind: type, source: str) -> Any:
    """The value of a key, which must be of this kind.

    Raises:
        ValueError: If it is not there or another kind.
    """
    if not isinstance(record, dict):
        raise ValueError(f'{source}: expected an object, found {short(record)}')
    if key not in record:
        raise ValueError(f'{source}: key {key!r} is missing, expected {_WORDS[kind]}')
    value = record[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f'{source}: key {key!r}: expected {_WORDS[kind]}, found {short(value)}')
    return value


def numbers(values: Any, count: int | None, source: str) -> list[float]:
    """A list of finite numbers, or of texts that are.

    Args:
        values: What the file holds.
        count: How many there must be; None for any.
        source: Where it stands, for messages.

    Raises:
        ValueError: If it is none.
    """
    expected = f'{"" if count is None else f"{count} "}finite numbers, at most {LARGEST:g}'
    found = [_number(value) for value in values] if isinstance(values, list) else [math.nan]
    is_sane = all(abs(value) <= LARGEST for value in found)
    if not is_sane or len(found) != (len(values) if count is None else count):
        raise ValueError(f'{source}: expected {expected}, found {short(values)}')
    return found


def whole_numbers(values: Any, count: int | None, source: str) -> list[int]:
    """As :func:`numbers`, but a fraction is an error too."""
    found = numbers(values, count, source)
    if not all(value.is_integer() for value in found):
        raise ValueError(f'{source}: expected whole numbers, found {short(values)}')
    return [int(value) for value in found]


def point_names(values: Any, source: str) -> tuple[str, ...]:
    """The names of points, which are texts or whole numbers.

    Raises:
        ValueError: If they are no list, or one is neither.
    """
    is_fine = isinstance(values, list) and all(type(value) in (str, int) for value in values)
    if not is_fine:
        raise ValueError(f'{source}: expected a list of names, found {short(values)}')
    return tuple(map(str, values))


def stated_size(record: Any, keys: tuple[str, str], source: str) -> StatedSize:
    """Width and height of the image as the file states them; None or 0: it does not.

    Raises:
        ValueError: If there is another thing than a number.
    """
    width, height = (
        numbers([record[key]], 1, f'{source}, {key}')[0] if record.get(key) else None
        for key in keys
    )
    return width, height


def _number(value: Any) -> float:
    """NaN for what is no number."""
    if isinstance(value, str):
        return to_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf
