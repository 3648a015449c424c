"""OpenVINO: converted from our ONNX by its own ``convert_model``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx

FILES = ['model.xml', 'model.bin']


def convert(model: onnx.ModelProto, folder: Path, half: bool = False) -> list[str]:
    """Write ``model.xml`` and ``model.bin``.

    Args:
        model: The portable graph.
        folder: To write into.
        half: Store the weights in float16.

    Returns:
        The names of the files.
    """
    openvino = _openvino()
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary, 'model.onnx')
        onnx.save(model, source)
        converted = openvino.convert_model(str(source))
        openvino.save_model(converted, str(folder / FILES[0]), compress_to_fp16=half)
    return FILES


def open_session(folder: Path, files: list[str], threads: int = 1) -> Callable:
    """Open the exported model on the CPU, in float32; see the onnxruntime module."""
    openvino = _openvino()
    settings = dict(INFERENCE_NUM_THREADS=threads, INFERENCE_PRECISION_HINT='f32')
    try:
        compiled = openvino.compile_model(str(folder / files[0]), 'CPU', settings)
    except RuntimeError as error:
        raise ValueError(f'{folder / files[0]} cannot be loaded by OpenVINO: {error}') from error
    request = compiled.create_infer_request()

    def run(x: np.ndarray) -> np.ndarray:
        return request.infer([x])[0].copy()

    return run


def _openvino():
    try:
        import openvino
    except ImportError as error:
        raise ModuleNotFoundError('OpenVINO is not installed: pip install openvino') from error
    return openvino
