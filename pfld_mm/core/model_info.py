"""What an exported model says about itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FORMAT = 1
TASKS = {
    'face': ('square box', 3),
    'slider': ('letterbox', 4),
    'finder': ('whole image', 3),
}
"""task -> its crop rule and the channels of its input."""


@dataclass(frozen=True)
class ModelInfo:
    """The metadata of an exported model, checked.

    Attributes:
        task: ``'face'``, ``'slider'`` or ``'finder'``.
        name: Of the model.
        input_size: (w, h) of the network's input in pixels; a finder takes other sizes as well.
        colour_order: ``'RGB'`` or ``'BGR'``, what the model file expects.
        mean: Of each input channel, or one for all, on the scale 0..255; still to be subtracted.
        std: The same; still to be divided by.
        padding: Side of the crop divided by the side of the box.
        border_value: Grey of a letterbox's padding.
        num_keypoints: K.
        keypoint_names: K names.
        flip_pairs: Indices of the points that change places in a mirror.
        skeleton: Index pairs of the lines to draw.
        codec: Configuration of the codec that the model was trained with.
        weights_sha256: Of the weights that were exported.
        files: Backend -> names of its files.
        second_look: File of the slider's second network, None where there is none.
        thresholds: Of a finder, ``min_score`` and ``max_iou``; empty for the other tasks.
        raw: The whole JSON object.
    """

    task: str
    name: str
    input_size: tuple[int, int]
    colour_order: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    padding: float
    border_value: int
    num_keypoints: int
    keypoint_names: tuple[str, ...]
    flip_pairs: tuple[tuple[int, int], ...]
    skeleton: tuple[tuple[int, int], ...]
    codec: dict[str, Any]
    weights_sha256: str
    files: dict[str, tuple[str, ...]]
    second_look: str | None
    thresholds: dict[str, float]
    raw: dict[str, Any]

    @property
    def channels(self) -> int:
        """Channels of the network's input."""
        return TASKS[self.task][1]

    @classmethod
    def from_json(cls, text: str, source: str) -> ModelInfo:
        """Parse and check the metadata.

        Args:
            text: JSON.
            source: Where it comes from, for error messages.

        Raises:
            ValueError: if it is no JSON, of another format, or a key is missing or wrong; names
                the source and the key.
        """
        try:
            raw = json.loads(text)
        except ValueError as error:
            raise ValueError(
                f'{source}: not valid JSON ({error}); export the model again'
            ) from None
        if not isinstance(raw, dict):
            raise ValueError(f'{source}: expected a JSON object, found {type(raw).__name__}')
        return _parse(_Reader(raw, source))


class _Reader:
    """Reads keys of the JSON object; errors name source, key, expected and found."""

    def __init__(self, raw: dict[str, Any], source: str) -> None:
        self.raw = raw
        self.source = source

    def get(self, key: str, check: Callable[[Any], bool], expected: str, *default: Any) -> Any:
        """The value at ``key`` (dots lead into objects) that ``check`` accepts."""
        value: Any = self.raw
        for part in key.split('.'):
            if not isinstance(value, dict) or part not in value:
                if default:
                    return default[0]
                raise ValueError(
                    f'{self.source}: key {key!r} is missing (expected {expected}); '
                    'export the model again'
                )
            value = value[part]
        if not check(value):
            raise ValueError(
                f'{self.source}: key {key!r}: expected {expected}, found {value!r}; '
                'export the model again'
            )
        return value


def _parse(reader: _Reader) -> ModelInfo:
    reader.get(
        'format', lambda v: v == FORMAT, f'{FORMAT} (this version of pfld_mm reads no other)'
    )
    task = reader.get('task', lambda v: isinstance(v, str) and v in TASKS, ' or '.join(TASKS))
    rule, channels = TASKS[task]
    reader.get('crop.rule', lambda v: v == rule, f'{rule!r} for the task {task!r}')
    k = reader.get('num_keypoints', lambda v: _is_int(v) and v > 0, 'a positive whole number')
    numbers = f'1 or {channels} finite numbers'
    return ModelInfo(
        task=task,
        name=reader.get('name', lambda v: isinstance(v, str), 'a string'),
        input_size=tuple(
            reader.get(
                'input_size',
                lambda v: _is_list(v, lambda x: _is_int(x) and 0 < x <= 8192) and len(v) == 2,
                '[w, h] in pixels',
            )
        ),
        colour_order=reader.get('colour_order', lambda v: v in ('RGB', 'BGR'), "'RGB' or 'BGR'"),
        mean=tuple(
            reader.get(
                'mean', lambda v: _is_list(v, _is_finite) and len(v) in (1, channels), numbers
            )
        ),
        std=tuple(
            reader.get(
                'std',
                lambda v: (
                    _is_list(v, lambda x: _is_finite(x) and x > 0) and len(v) in (1, channels)
                ),
                f'{numbers} > 0',
            )
        ),
        padding=reader.get(
            'crop.padding', lambda v: _is_finite(v) and 0 < v <= 4, 'a number in (0, 4]'
        ),
        border_value=reader.get(
            'crop.border_value', lambda v: _is_int(v) and 0 <= v <= 255, 'a grey level 0..255', 0
        ),
        num_keypoints=k,
        keypoint_names=tuple(
            reader.get(
                'keypoint_names',
                lambda v: _is_list(v, lambda x: isinstance(x, str)) and len(v) == k,
                f'{k} names',
            )
        ),
        flip_pairs=_pairs(reader, 'flip_pairs', k),
        skeleton=_pairs(reader, 'skeleton', k),
        codec=reader.get(
            'codec', lambda v: isinstance(v, dict) and 'type' in v, "an object with 'type'"
        ),
        weights_sha256=reader.get('weights_sha256', lambda v: isinstance(v, str), 'a string'),
        files={
            backend: tuple(names)
            for backend, names in reader.get('files', _are_files, '{backend: [file names]}').items()
        },
        second_look=reader.get('second_look', _is_file_name, 'a plain file name', None),
        thresholds=_thresholds(reader) if task == 'finder' else {},
        raw=reader.raw,
    )


def _thresholds(reader: _Reader) -> dict[str, float]:
    return {
        key: reader.get(
            f'thresholds.{key}', lambda v: _is_finite(v) and 0 < v < 1, 'a number in (0, 1)'
        )
        for key in ('min_score', 'max_iou')
    }


def _pairs(reader: _Reader, key: str, k: int) -> tuple[tuple[int, int], ...]:
    pairs = reader.get(
        key,
        lambda v: _is_list(
            v, lambda p: _is_list(p, lambda x: _is_int(x) and 0 <= x < k) and len(p) == 2
        ),
        f'pairs of point numbers below {k}',
    )
    return tuple((a, b) for a, b in pairs)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _is_list(value: Any, check: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(check(item) for item in value)


def _are_files(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _is_list(names, _is_file_name) and names for names in value.values()
    )


def _is_file_name(value: Any) -> bool:
    """A plain one: nothing in a downloaded folder may point out of it."""
    is_name = isinstance(value, str) and value not in ('', '.', '..')
    return is_name and not any(c in value for c in '/\\:')
