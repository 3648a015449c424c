"""Sums over constant axes as means, which pnnx understands."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference

MEAN_BY_ATTRIBUTE = 18
"""From this opset on ReduceMean's axes are an input, too."""


def sums_as_means(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy in which each ReduceSum over axes of known length is a ReduceMean times the length.

    pnnx (20261020) does not read axes that are an input, as ReduceSum's are from opset 13 on: it
    writes a sum over none, and the network's answers are wrong without a word.

    Args:
        model: With an opset below 18; another is returned as it is.

    Returns:
        The copy; equal up to rounding.
    """
    opset = next(one.version for one in model.opset_import if one.domain in ('', 'ai.onnx'))
    if opset >= MEAN_BY_ATTRIBUTE:
        return model
    shapes = _shapes(model)
    constants = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    nodes = []
    for node in copy.graph.node:
        shape = shapes.get(node.input[0]) if node.op_type == 'ReduceSum' else None
        axes = constants.get(node.input[1]) if shape and len(node.input) == 2 else None
        length = 0 if axes is None or shape is None else _length(shape, axes.tolist())
        if axes is None or not length:
            nodes.append(node)
            continue
        mean, factor = f'{node.output[0]}_mean', f'{node.output[0]}_length'
        keeps = next((a.i for a in node.attribute if a.name == 'keepdims'), 1)
        nodes += [
            helper.make_node(
                'ReduceMean', [node.input[0]], [mean], axes=axes.tolist(), keepdims=keeps
            ),
            helper.make_node('Mul', [mean, factor], [node.output[0]]),
        ]
        copy.graph.initializer.append(numpy_helper.from_array(np.float32(length), factor))
    del copy.graph.node[:]
    copy.graph.node.extend(nodes)
    return copy


def _length(shape: list[int], axes: list[int]) -> int:
    """How many values a sum has; 0 where it is not known."""
    return int(np.prod([shape[axis] for axis in axes]))


def _shapes(model: onnx.ModelProto) -> dict[str, list[int]]:
    """Of all float values: their dimensions, 0 for one without a number."""
    graph = shape_inference.infer_shapes(model).graph
    return {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in [*graph.input, *graph.value_info, *graph.output]
        if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    }
