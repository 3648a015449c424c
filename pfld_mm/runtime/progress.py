from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar('T')


def progress(items: Iterable[T], total: int, unit: str) -> Iterable[T]:
    """The items, with a bar on a terminal where tqdm is installed.

    Args:
        items: To go through.
        total: How many there are; 0 if that is not known.
        unit: What one of them is called.
    """
    if total == 1 or not sys.stderr.isatty():
        return items
    try:
        from tqdm import tqdm  # type: ignore[import-untyped]
    except ImportError:
        return items
    return tqdm(items, total=total or None, unit=unit, leave=False)
