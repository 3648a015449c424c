"""From the deployed network to a portable ONNX graph with nothing in it that is not needed."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import helper, numpy_helper
from torch import nn

OPSETS = range(11, 21)
"""Operator sets that are tested."""


def export_onnx(
    network: nn.Module,
    input_shape: tuple[int, int, int],
    dynamic_batch: bool = False,
    opset: int = 17,
    dynamic_size: bool = False,
) -> onnx.ModelProto:
    """Trace ``network`` into a checked graph with the names ``input`` and ``output``.

    Args:
        network: Takes one tensor (N, C, h, w), gives one; in eval mode.
        input_shape: (C, h, w).
        dynamic_batch: Leave the number of images open; else it is one.
        opset: ONNX operator set; 13 is the least that per-channel int8 needs.
        dynamic_size: Leave height and width open, too.

    Returns:
        The model.

    Raises:
        ValueError: If the network is in training mode, or the operator set is not one of `OPSETS`.
    """
    if opset not in OPSETS:
        raise ValueError(
            f'onnx_config.opset_version: expected {OPSETS.start} to {OPSETS.stop - 1}, '
            f'found {opset!r}'
        )
    if any(module.training for module in network.modules()):
        raise ValueError('a network in training mode was to be exported: call eval() first')
    buffer = io.BytesIO()
    open_axes = {0: 'batch'} if dynamic_batch else {}
    if dynamic_size:
        open_axes.update({2: 'height', 3: 'width'})
    axes = {'input': open_axes, 'output': open_axes} if open_axes else None
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        torch.onnx.export(
            network,
            (torch.zeros(1, *input_shape),),
            buffer,
            dynamo=False,
            opset_version=opset,
            input_names=['input'],
            output_names=['output'],
            dynamic_axes=axes,
        )
    model = onnx.load_from_string(buffer.getvalue())
    tidy(model.graph)
    with torch.no_grad():
        shape = network(torch.zeros(1, *input_shape)).shape
    sides = ['out_height', 'out_width'] if dynamic_size else shape[2:]
    declare_output(model.graph, ['batch' if dynamic_batch else 1, shape[1], *sides])
    onnx.checker.check_model(model)
    return model


def declare_output(graph: onnx.GraphProto, shape: Sequence[int | str]) -> None:
    """Give the output its shape, a name for an open dimension: other programs ask for it."""
    dims = graph.output[0].type.tensor_type.shape
    del dims.dim[:]
    for size in shape:
        dim = dims.dim.add()
        if isinstance(size, str):
            dim.dim_param = size
        else:
            dim.dim_value = size


def read_onnx(path: str | Path) -> onnx.ModelProto:
    """An ONNX file.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is damaged.
    """
    try:
        model = onnx.load(str(path))
    except DecodeError as error:
        raise ValueError(f'{path} is not an ONNX model, or a damaged one: {error}') from error
    if not model.graph.node:
        raise ValueError(f'{path} is not an ONNX model, or a damaged one: it has no nodes')
    return model


def tidy(graph: onnx.GraphProto) -> None:
    """Turn constants into initialisers, drop Identity nodes and what nothing reads, in place."""
    kept, renamed = [], {}
    for node in graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = renamed.get(name, name)
        if node.op_type == 'Constant' and node.attribute[0].name == 'value':
            array = numpy_helper.to_array(helper.get_attribute_value(node.attribute[0]))
            graph.initializer.append(numpy_helper.from_array(array, node.output[0]))
        elif node.op_type == 'Identity' and node.output[0] not in {o.name for o in graph.output}:
            renamed[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    replace_nodes(graph, kept)


def replace_nodes(graph: onnx.GraphProto, nodes: list[onnx.NodeProto]) -> None:
    """Give ``graph`` these nodes, and drop initialisers and shapes that none of them reads."""
    kept = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    used = {name for node in kept for name in node.input}
    weights = {w.name: w.SerializeToString() for w in graph.initializer if w.name in used}
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(kept)
    graph.initializer.extend(onnx.TensorProto.FromString(text) for text in weights.values())


def attributes(node: onnx.NodeProto) -> dict:
    """The attributes of a node as Python values."""
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def weights_of(graph: onnx.GraphProto) -> dict:
    """The initialisers of a graph as arrays, by name."""
    return {w.name: numpy_helper.to_array(w) for w in graph.initializer}
