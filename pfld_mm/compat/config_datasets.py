from __future__ import annotations

from collections.abc import Iterator


def config_datasets(dataset: dict | None) -> Iterator[dict]:
    """A dataset's config and those that it wraps or combines; nothing for what is no config."""
    if not isinstance(dataset, dict):
        return
    yield dataset
    for inner in [dataset.get('dataset'), *dataset.get('datasets', [])]:
        yield from config_datasets(inner)
