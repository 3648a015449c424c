"""Checked access to what a file of labels holds; errors name file and key."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from pfld_mm.core.text import read_text, short

LARGEST = 1e6
"""Pixels; a coordinate beyond is a fault."""

_WORDS = {dict: 'an object', list: 'a list', str: 'a text', int: 'a whole number'}


def load_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        ValueError: If it is none.
    """
    try:
        return json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
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
    try:
        found = [float(value) for value in values if not isinstance(value, bool)]
    except (TypeError, ValueError):
        found = [math.nan]
    is_sane = all(abs(value) <= LARGEST for value in found)
    if not is_sane or len(found) != (len(values) if count is None else count):
        raise ValueError(f'{source}: expected {expected}, found {short(values)}')
    return found
