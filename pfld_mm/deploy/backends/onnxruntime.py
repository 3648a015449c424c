"""onnxruntime: the graph itself, its channels aligned, or quantised to int8."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx

from pfld_mm.deploy.graph.align_channels import UnalignableGraph, align_channels
from pfld_mm.deploy.graph.move_concats import move_concats

log = logging.getLogger('pfld_mm')


def optimise(model: onnx.ModelProto, block: int = 16, split: bool = False) -> onnx.ModelProto:
    """The graph in the form that onnxruntime computes fastest, with the same results.

    Args:
        model: The portable graph.
        block: Channels are padded to multiples of it (see ``graph.align_channels``);
            1 pads nothing.
        split: Leave no copies of maps, for more nodes (see ``graph.move_concats``).
    """
    try:
        model = align_channels(model, block) if block > 1 else model
    except UnalignableGraph as reason:
        log.info('channels are left as they are: %s', reason)
    return move_concats(model, split=True) if split else model


def open_session(folder: Path, files: list[str], threads: int = 1) -> Callable:
    """Open the exported model.

    Args:
        folder: The exported folder.
        files: ``[model]``.
        threads: Of one call.

    Returns:
        (N, C, h, w) float32 -> output float32.

    Raises:
        ValueError: If the file is damaged.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    path = folder / files[0]
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=['CPUExecutionProvider']
        )
    except Exception as error:  # onnxruntime raises classes of its own, one for each status
        raise ValueError(f'{path} is not a model that onnxruntime can load: {error}') from error
    name = session.get_inputs()[0].name

    def run(x: np.ndarray) -> np.ndarray:
        return session.run(None, {name: x})[0]

    return run
