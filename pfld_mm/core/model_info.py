"""What an exported model says about itself: ``model.json``, and the metadata in an ONNX file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from pfld_mm.core.json_reader import JsonReader, is_file_name, is_finite, is_int, is_list, is_text
from pfld_mm.core.slider.cascade_params import CascadeParams
from pfld_mm.core.slider.pair_verdict import PAIR_OUTPUTS

FORMAT = 2
READABLE = (1, FORMAT)
"""Format 1 had no digests, and the golden image of a puzzle was RGB."""
TASKS = {'face': ('square box', 3), 'slider': ('letterbox', 4), 'finder': ('reduced image', 3)}
"""task -> its crop rule and the channels of its input."""
IDENTITY = (
    'task', 'input_size', 'color_order', 'mean', 'std', 'crop', 'num_keypoints', 'weights_sha256',
)  # fmt: skip
"""Keys of the JSON form on which model.json and the metadata in the model's files must agree."""


@dataclass(frozen=True)
class ModelInfo:
    """The metadata of an exported model.

    Images are BGR everywhere in this package's interfaces and in golden.npz, with the mask of
    valid pixels as a fourth channel for puzzles; ``color_order`` is what the model file takes.

    Attributes:
        task: ``'face'``, ``'slider'`` or ``'finder'``.
        name: Of the model.
        input_size: (w, h) of the network's input in pixels; a finder takes other sizes as well.
        color_order: ``'RGB'`` or ``'BGR'``, what the model file expects.
        mean: Of each input channel, or one for all, on the scale 0..255; still to be subtracted.
        std: The same; still to be divided by.
        padding: Side of the crop divided by the side of the box.
        num_keypoints: K.
        keypoint_names: K names.
        flip_pairs: Indices of the points that change places in a mirror.
        skeleton: Index pairs of the lines to draw.
        codec: Configuration of the codec that the model was trained with.
        weights_sha256: Of the weights that were exported.
        border_value: Gray level of a letterbox's padding.
        output: ``name``, ``shape`` and ``meaning`` of the model's output.
        versions: Package -> version at export.
        files: Form of the model, such as ``'onnxruntime_int8'`` -> names of its files.
        sha256: File -> hex digest; files that are not named are not checked.
        cascade: A slider's parameters beside the weights, see ``CascadeParams``; else None.
        verifier: A slider's pair verifier: ``file``, ``input`` (C, H, W) and ``outputs``, the names
            of its output's columns; None where there is none.
        thresholds: A finder's ``min_score`` and ``max_iou``, see ``decode_faces``; else None.
    """

    task: str
    name: str
    input_size: tuple[int, int]
    color_order: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    padding: float
    num_keypoints: int
    keypoint_names: tuple[str, ...]
    flip_pairs: tuple[tuple[int, int], ...]
    skeleton: tuple[tuple[int, int], ...]
    codec: dict[str, Any]
    weights_sha256: str
    border_value: int = 0
    output: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    cascade: dict[str, Any] | None = None
    verifier: dict[str, Any] | None = None
    thresholds: dict[str, float] | None = None

    @property
    def channels(self) -> int:
        """Channels of the network's input."""
        return TASKS[self.task][1]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; keys without a value are left out."""
        crop = dict(rule=TASKS[self.task][0], padding=self.padding, border_value=self.border_value)
        plain = dict(
            format=FORMAT,
            task=self.task,
            name=self.name,
            input_size=list(self.input_size),
            color_order=self.color_order,
            mean=list(self.mean),
            std=list(self.std),
            crop=crop,
            num_keypoints=self.num_keypoints,
            keypoint_names=list(self.keypoint_names),
            flip_pairs=[list(pair) for pair in self.flip_pairs],
            skeleton=[list(pair) for pair in self.skeleton],
            codec=self.codec,
            output=self.output,
            versions=self.versions,
            weights_sha256=self.weights_sha256,
            files={form: list(names) for form, names in self.files.items()},
            sha256=self.sha256,
            cascade=self.cascade,
            verifier=self.verifier,
            thresholds=self.thresholds,
        )
        return {key: value for key, value in plain.items() if value is not None}

    def to_json(self) -> str:
        """The JSON text, what ``from_json`` reads."""
        return json.dumps(self.to_dict(), indent=1) + '\n'

    @classmethod
    def from_json(cls, text: str, source: str) -> ModelInfo:
        """Parse and check the metadata.

        Args:
            text: JSON.
            source: Where it comes from, for error messages.

        Raises:
            ValueError: If it is no JSON, of another format, or a key is missing or wrong; names
                the source and the key.
        """
        return _parse(JsonReader(text, source, 'export the model again'))


def _parse(reader: JsonReader) -> ModelInfo:
    get = reader.get
    get('format', lambda v: is_int(v) and v in READABLE, f'one of {READABLE}, what pfld_mm reads')
    task = get('task', lambda v: is_text(v) and v in TASKS, f'one of {sorted(TASKS)}')
    rule, channels = TASKS[task]
    get('crop.rule', lambda v: v == rule, f'{rule!r} for the task {task!r}')
    k = get('num_keypoints', lambda v: is_int(v) and v > 0, 'a positive whole number')
    names = get('keypoint_names', lambda v: is_list(v, is_text) and len(v) == k, f'{k} names')
    return ModelInfo(
        task=task,
        name=get('name', is_text, 'a string'),
        input_size=tuple(get('input_size', _is_size, '[w, h] in pixels')),
        color_order=get(_color_key(reader), lambda v: v in ('RGB', 'BGR'), "'RGB' or 'BGR'"),
        mean=_numbers(reader, 'mean', channels),
        std=_numbers(reader, 'std', channels, above=0),
        padding=get('crop.padding', lambda v: is_finite(v) and 0 < v <= 4, 'a number in (0, 4]'),
        border_value=get('crop.border_value', _is_gray, 'a gray level 0..255', 0),
        num_keypoints=k,
        keypoint_names=tuple(names),
        flip_pairs=_pairs(reader, 'flip_pairs', k),
        skeleton=_pairs(reader, 'skeleton', k),
        codec=_codec(reader),
        weights_sha256=get('weights_sha256', is_text, 'a string'),
        output=_output(reader),
        versions=get('versions', _is_text_by_text, '{package: version}', {}),
        files={
            form: tuple(files)
            for form, files in get('files', _are_files, '{form: [file names]}').items()
        },
        sha256=get('sha256', _is_text_by_text, '{file name: hex digest}', {}),
        cascade=_cascade(reader),
        verifier=_verifier(reader),
        thresholds=_thresholds(reader) if task == 'finder' else None,
    )


def _color_key(reader: JsonReader) -> str:
    """The key of the color order; files of format 1 spell it in the British way."""
    return 'colour_order' if 'colour_order' in reader.values else 'color_order'


def _numbers(reader: JsonReader, key: str, channels: int, above: float = -1e9) -> tuple[float, ...]:
    def check(value: Any) -> bool:
        return is_list(value, lambda x: is_finite(x) and x > above) and len(value) in (1, channels)

    suffix = f' > {above:g}' if above == 0 else ''
    return tuple(reader.get(key, check, f'1 or {channels} finite numbers{suffix}'))


def _codec(reader: JsonReader) -> dict[str, Any]:
    reader.get('codec.stride', lambda v: is_int(v) and 0 < v <= 64, 'a number of pixels, 1..64', 0)
    return reader.get(
        'codec', lambda v: isinstance(v, dict) and 'type' in v, "an object with 'type'"
    )


def _output(reader: JsonReader) -> dict[str, Any]:
    def is_shape(value: Any) -> bool:
        return is_list(value, lambda x: is_int(x) or is_text(x)) and len(value) > 1

    reader.get('output.shape', is_shape, 'a list of sizes', [])
    return reader.get('output', lambda v: isinstance(v, dict), 'an object', {})


def _cascade(reader: JsonReader) -> dict[str, Any] | None:
    values = reader.get('cascade', lambda v: isinstance(v, dict), 'an object', None)
    if values is not None:
        try:
            CascadeParams.from_dict(values)
        except ValueError as error:
            raise ValueError(f'{reader.source}: {error}; {reader.cure}') from None
    return values


def _verifier(reader: JsonReader) -> dict[str, Any] | None:
    if reader.get('verifier', lambda v: isinstance(v, dict), 'an object', None) is None:
        return None
    size = reader.get('cascade.square_size', is_int, 'a whole number')
    shape, outputs = [6, size, size], list(PAIR_OUTPUTS)
    return dict(
        file=reader.get('verifier.file', is_file_name, 'a plain file name'),
        input=reader.get('verifier.input', lambda v: v == shape, f'{shape}'),
        outputs=reader.get('verifier.outputs', lambda v: v == outputs, f'{outputs}'),
    )


def _thresholds(reader: JsonReader) -> dict[str, float]:
    def is_ratio(value: Any) -> bool:
        return is_finite(value) and 0 < value < 1

    return {
        key: reader.get(f'thresholds.{key}', is_ratio, 'a number in (0, 1)')
        for key in ('min_score', 'max_iou')
    }


def _pairs(reader: JsonReader, key: str, k: int) -> tuple[tuple[int, int], ...]:
    def is_pair(value: Any) -> bool:
        return is_list(value, lambda x: is_int(x) and 0 <= x < k) and len(value) == 2

    pairs = reader.get(key, lambda v: is_list(v, is_pair), f'pairs of point numbers below {k}')
    return tuple((a, b) for a, b in pairs)


def _is_size(value: Any) -> bool:
    return is_list(value, lambda x: is_int(x) and 0 < x <= 8192) and len(value) == 2


def _is_gray(value: Any) -> bool:
    return is_int(value) and 0 <= value <= 255


def _is_text_by_text(value: Any) -> bool:
    return isinstance(value, dict) and all(is_text(one) for one in value.values())


def _are_files(value: Any) -> bool:
    return isinstance(value, dict) and all(
        is_list(names, is_file_name) and names for names in value.values()
    )
