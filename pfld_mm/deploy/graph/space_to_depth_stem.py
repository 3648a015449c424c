"""A stem that int8 kernels read fast."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from pfld_mm.deploy.export_onnx import attributes, weights_of


def space_to_depth_stem(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of ``model`` whose 3x3 stride-2 stem is a 2x2 stride-1 one on 2x2 blocks of pixels.

    onnxruntime's int8 convolution gathers its windows channel by channel; runs of three bytes
    take twice the time of runs of twelve. The same sums, 5 of 16 taps are 0. A graph that does
    not start with such a convolution (padding 1) is returned as it is.
    """
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    stem = next(node for node in graph.node if node.op_type == 'Conv')
    settings = attributes(stem)
    weight = weights_of(graph)[stem.input[1]]
    wanted = dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], group=1)
    source = stem.input[0]
    if any(settings.get(key) != value for key, value in wanted.items()) or weight.shape[1] > 4:
        return changed
    settings.update(kernel_shape=[2, 2], strides=[1, 1], pads=[1, 1, 0, 0])
    stem.input[0] = f'{source}_blocks'
    del stem.attribute[:]
    stem.attribute.extend(helper.make_attribute(k, v) for k, v in settings.items())
    for tensor in graph.initializer:
        if tensor.name == stem.input[1]:
            tensor.CopyFrom(numpy_helper.from_array(_on_blocks(weight), tensor.name))
    index = next(i for i, node in enumerate(graph.node) if node.output[0] == stem.output[0])
    blocks = helper.make_node(
        'SpaceToDepth', [source], [stem.input[0]], name='input_blocks', blocksize=2
    )
    graph.node.insert(index, blocks)
    del graph.value_info[:]
    return changed


def _on_blocks(weight: np.ndarray) -> np.ndarray:
    """(O, C, 3, 3) -> (O, 4 C, 2, 2): window row r is row (r + 1) % 2 of block (r + 1) // 2."""
    out, channels = weight.shape[:2]
    blocks = np.zeros((out, 2, 2, channels, 2, 2), weight.dtype)
    for y in range(3):
        for x in range(3):
            (i, row), (j, column) = divmod(y + 1, 2), divmod(x + 1, 2)
            blocks[:, row, column, :, i, j] = weight[:, :, y, x]
    return blocks.reshape(out, 4 * channels, 2, 2)
