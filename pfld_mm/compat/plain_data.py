"""Lossless conversion between what MMEngine keeps in a checkpoint and plain data.

Plain data is what ``torch.load(..., weights_only=True)`` accepts: None, bool, int, float, str,
bytes, complex, list, tuple, set, dict, OrderedDict and tensors.
"""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

logger = logging.getLogger(__name__)

_ARRAY = '__ndarray__'
_HISTORY = '__history_buffer__'
_ATOMS = (type(None), bool, int, float, complex, str, bytes)
_LEFT_OUT = object()


def to_plain(value: Any, where: str = 'checkpoint') -> Any:
    """Turn numpy arrays, numpy scalars, paths and history buffers into plain data.

    Args:
        value: Nested containers. Tensors are kept as they are.
        where: Name of ``value``, for the warning.

    Returns:
        The same structure of plain data. What has no plain form (functions, objects) is left
        out with a warning that names it: a stray value must not end a training run.
    """
    plain = _convert(value, where)
    return None if plain is _LEFT_OUT else plain


def from_plain(value: Any) -> Any:
    """Undo :func:`to_plain`: arrays and history buffers come back, the rest stays as it is."""
    if type(value) in (dict, OrderedDict):
        if value.keys() == {_ARRAY}:
            array = value[_ARRAY]
            return array.cpu().numpy() if torch.is_tensor(array) else np.asarray(array)
        if value.keys() == {_HISTORY}:
            return _to_history(**value[_HISTORY])
        return type(value)((key, from_plain(item)) for key, item in value.items())
    if type(value) in (list, tuple):
        return type(value)(from_plain(item) for item in value)
    return value


def _convert(value: Any, where: str) -> Any:
    if type(value) in _ATOMS or torch.is_tensor(value):
        return value
    if isinstance(value, Mapping | list | tuple | set):
        return _convert_container(value, where)
    if isinstance(value, HistoryBuffer):
        logs, counts = value.data
        state = dict(logs=logs, counts=counts, max_length=value.max_length)
        return {_HISTORY: _convert(state, where)}
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return {_ARRAY: _array_to_plain(value)}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, PurePath):
        return str(value)
    for kind in (int, float, str):  # enumerations and other subclasses
        if isinstance(value, kind):
            return kind(value)
    logger.warning('%s is a %s, which is not plain data: left out', where, type(value).__name__)
    return _LEFT_OUT


def _convert_container(value: Any, where: str) -> Any:
    if isinstance(value, Mapping):
        kind = OrderedDict if isinstance(value, OrderedDict) else dict
        items = ((_convert(k, where), _convert(v, f'{where}[{k!r}]')) for k, v in value.items())
        return kind((k, v) for k, v in items if k is not _LEFT_OUT and v is not _LEFT_OUT)
    kind = next(kind for kind in (list, tuple, set) if isinstance(value, kind))
    items = (_convert(item, f'{where}[{i}]') for i, item in enumerate(value))
    return kind(item for item in items if item is not _LEFT_OUT)


def _array_to_plain(array: np.ndarray) -> torch.Tensor | list:
    """A tensor for numbers; a list for what torch has no type for (text, dates)."""
    try:
        return torch.from_numpy(np.ascontiguousarray(array).reshape(array.shape))
    except TypeError:
        return array.tolist()


def _to_history(logs: dict, counts: dict, max_length: int) -> HistoryBuffer:
    buffer = HistoryBuffer(max_length=max_length)
    buffer._log_history, buffer._count_history = from_plain(logs), from_plain(counts)
    return buffer
