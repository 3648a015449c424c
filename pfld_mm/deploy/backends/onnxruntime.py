"""onnxruntime: the graph itself, its channels aligned, or quantised to int8."""

from __future__ import annotations

import logging

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
