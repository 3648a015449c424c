from __future__ import annotations

import os

import numpy as np

from pfld_mm.core.model_info import IDENTITY, ModelInfo
from pfld_mm.core.text import short
from pfld_mm.runtime.backends.ncnn_session import NcnnSession
from pfld_mm.runtime.backends.onnxruntime_session import OnnxruntimeSession
from pfld_mm.runtime.backends.openvino_session import OpenvinoSession
from pfld_mm.runtime.backends.session import Session
from pfld_mm.runtime.backends.tensorrt_session import TensorrtSession
from pfld_mm.runtime.model_folder import ModelFolder

ENGINES = ('onnxruntime', 'openvino', 'ncnn', 'tensorrt')
MAX_THREADS = 64
"""More are allowed where the machine has more processors."""
MAX_BATCH = 256
"""Of a model that takes a fixed number of images: a single one is filled up to it."""


def open_session(folder: ModelFolder, backend: str = 'onnxruntime', threads: int = 1) -> Session:
    """Load a model.

    Args:
        folder: The exported model.
        backend: ``'onnxruntime'``, ``'openvino'``, ``'ncnn'`` or ``'tensorrt'``; after an
            underscore another form of the model, such as ``'onnxruntime_int8'`` or
            ``'ncnn_fp16'``, where it was exported; ``'openvino_bf16'`` needs no export of its
            own, it reads the ONNX file.
        threads: Of one call; 0 leaves the number to the backend.

    Raises:
        ImportError: if the backend is not installed.
        FileNotFoundError: if a file is missing.
        ValueError: if the backend is unknown, or a file is damaged or not this folder's.
    """
    check_threads(threads)
    session = _open(folder, backend, threads)
    if session.batch is not None and not 1 <= session.batch <= MAX_BATCH:
        raise ValueError(
            f'{session.source}: takes {session.batch} images at a time, expected 1 to {MAX_BATCH}; '
            'export the model again'
        )
    return session


def _open(folder: ModelFolder, backend: str, threads: int) -> Session:
    engine = backend.partition('_')[0]
    if engine not in ENGINES:
        raise ValueError(
            f'unknown backend {backend!r}; use one of {ENGINES} or a form of them such as '
            "'onnxruntime_int8'"
        )
    files = folder.files(backend)
    width, height = folder.info.input_size
    shape = (folder.info.channels, height, width)
    if engine == 'openvino':
        return OpenvinoSession(files[0], shape, threads, half='bf16' in backend)
    if engine == 'ncnn':
        return NcnnSession(files[0], files[1], threads, half='fp16' in backend)
    if engine == 'tensorrt':
        return TensorrtSession(files[0], shape)
    session = OnnxruntimeSession(files[0], shape, threads)
    _check_same_model(session, folder)
    return session


def check_threads(threads: int) -> None:
    """Refuse a number of threads that a backend cannot have, or would hang with.

    Raises:
        ValueError: If it is none from 0 to `MAX_THREADS`, or to the number of processors.
    """
    limit = max(MAX_THREADS, os.cpu_count() or 1)
    is_whole = isinstance(threads, int | np.integer) and not isinstance(threads, bool)
    if not is_whole or not 0 <= threads <= limit:
        raise ValueError(
            f'threads must be a whole number from 0 to {limit}, found {short(threads)}'
        )


def open_verifier(folder: ModelFolder, threads: int) -> Session | None:
    """Load a slider's pair verifier, in onnxruntime whatever the proposal network runs in.

    In OpenVINO's bfloat16 a network with so small an output damaged the memory of the process.

    Args:
        folder: The exported model.
        threads: Of one call; 0 leaves the number to onnxruntime.

    Returns:
        None where the model has none.

    Raises:
        FileNotFoundError: if the file is missing.
        ValueError: if it is damaged or not this folder's.
    """
    file = folder.verifier()
    if file is None or folder.info.verifier is None:
        return None
    shape = tuple(folder.info.verifier['input'])
    session = OnnxruntimeSession(file, shape, threads)
    _check_same_model(session, folder)
    return session


def _check_same_model(session: OnnxruntimeSession, folder: ModelFolder) -> None:
    """Refuse a model.onnx beside the model.json of another model."""
    text = session.metadata()
    if text is None:
        return
    inside = ModelInfo.from_json(text, f'{session.source}, its metadata').to_dict()
    beside = folder.info.to_dict()
    for key in IDENTITY:
        if inside[key] != beside[key]:
            raise ValueError(
                f'{session.source} and {folder.path / "model.json"} are of two models: {key!r} is '
                f'{short(inside[key])} in the one, {short(beside[key])} in the other; export again'
            )
