from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pfld_mm.core.text import short


class JsonReader:
    """Reads keys of a JSON object; errors name source, key, what was expected and found.

    Args:
        text: JSON.
        source: Where it comes from, for error messages.
        cure: What to do about a fault, the end of each message.

    Raises:
        ValueError: If the text is no JSON object.
    """

    def __init__(self, text: str, source: str, cure: str) -> None:
        self.source, self.cure = source, cure
        try:
            self.values: Any = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f'{source}: not valid JSON ({error}); {cure}') from None
        if not isinstance(self.values, dict):
            found = type(self.values).__name__
            raise ValueError(f'{source}: expected a JSON object, found {found}')

    def get(self, key: str, check: Callable[[Any], bool], expected: str, *default: Any) -> Any:
        """The value at ``key`` that ``check`` accepts.

        Args:
            key: Dots lead into objects.
            check: Whether a value is right.
            expected: What is right, in words.
            default: Given for a key that is not there; without it that is an error.
        """
        value: Any = self.values
        for part in key.split('.'):
            if not isinstance(value, dict) or part not in value:
                if default:
                    return default[0]
                raise ValueError(
                    f'{self.source}: key {key!r} is missing (expected {expected}); {self.cure}'
                )
            value = value[part]
        if not check(value):
            raise ValueError(
                f'{self.source}: key {key!r}: expected {expected}, found {short(value)}; '
                f'{self.cure}'
            )
        return value


def is_int(value: Any) -> bool:
    """Whether it is an integer; True and False are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_finite(value: Any) -> bool:
    """Whether it is a finite number, less than 1e9."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def is_list(value: Any, check: Callable[[Any], bool]) -> bool:
    """Whether it is a list of which ``check`` accepts every item."""
    return isinstance(value, list) and all(check(item) for item in value)


def is_text(value: Any) -> bool:
    """Whether it is a string."""
    return isinstance(value, str)


def is_file_name(value: Any) -> bool:
    """Whether it is a plain file name: nothing in a downloaded folder may point out of it."""
    is_name = isinstance(value, str) and value not in ('', '.', '..')
    return is_name and not any(c in value for c in '/\\:')
