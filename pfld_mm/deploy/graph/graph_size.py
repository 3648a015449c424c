"""What a graph costs, counted in the file."""

from __future__ import annotations

import numpy as np
import onnx

from pfld_mm.deploy.export_onnx import weights_of


def graph_size(model: onnx.ModelProto) -> dict[str, int]:
    """Parameters, multiply-accumulates of one image, and nodes.

    Padded channels count like any other: they are computed. Scales and zero points of int8 do not.

    Args:
        model: A float or QDQ graph of Conv and Gemm (or MatMul with stored weights).

    Returns:
        ``parameters``, ``macs`` and ``nodes`` (without QuantizeLinear and DequantizeLinear).
    """
    graph = onnx.shape_inference.infer_shapes(model).graph
    weights = weights_of(graph)
    stored = {
        node.output[0]: node.input[0]
        for node in graph.node
        if node.op_type == 'DequantizeLinear' and node.input[0] in weights
    }
    shapes = {
        value.name: [dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.output)
    }
    parameters = macs = 0
    for node in graph.node:
        if node.op_type not in ('Conv', 'Gemm', 'MatMul'):
            continue
        arrays = [weights.get(stored.get(name, name)) for name in node.input[1:]]
        parameters += sum(array.size for array in arrays if array is not None)
        if arrays[0] is not None:
            pixels = np.prod(shapes[node.output[0]][2:], dtype=int)
            macs += int(arrays[0].size * pixels)
    quantisers = ('QuantizeLinear', 'DequantizeLinear')
    nodes = sum(node.op_type not in quantisers for node in graph.node)
    return dict(parameters=int(parameters), macs=macs, nodes=nodes)


def needed_macs(model: onnx.ModelProto) -> int:
    """Multiply-accumulates of one image without padded channels, whose weights are all zero.

    Args:
        model: A float graph, see `graph_size`.
    """
    graph = onnx.shape_inference.infer_shapes(model).graph
    shapes = {
        value.name: [dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.output)
    }
    weights, total = weights_of(graph), 0
    for node in graph.node:
        if node.op_type not in ('Conv', 'Gemm', 'MatMul') or node.input[1] not in weights:
            continue
        array = weights[node.input[1]]
        used = (array != 0).reshape(*array.shape[:2], -1).any(-1)
        size = used.any(1).sum() * used.any(0).sum() * np.prod(array.shape[2:], dtype=int)
        total += int(size * np.prod(shapes[node.output[0]][2:], dtype=int))
    return total
