"""What int8 convolutions give on a processor without VNNI, in numpy."""

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime import InferenceSession

INT16 = np.iinfo(np.int16)


def pair_sums(activations, weights):
    """Dot products as vpmaddubsw and vpaddd compute them.

    The products of two neighbouring bytes are added to a saturating int16, and these to int32.

    Args:
        activations: (M, T) uint8.
        weights: (C, T) int8.

    Returns:
        (M, C) int64.
    """
    pad = (0, activations.shape[1] % 2)
    a = np.pad(activations.astype(np.int64), ((0, 0), pad))[:, None]
    w = np.pad(weights.astype(np.int64), ((0, 0), pad))[None]
    products = a * w
    pairs = products[..., ::2] + products[..., 1::2]
    return np.clip(pairs, INT16.min, INT16.max).sum(-1)


def exact_sums(activations, weights):
    """The same without saturation."""
    return activations.astype(np.int64) @ weights.astype(np.int64).T


def convolution_operands(model, tensor):
    """(name, activations (M, T) uint8, weights (C, T) int8) of every int8 1x1 convolution."""
    graph = model.graph
    makers = {node.output[0]: node for node in graph.node}
    constants = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
    found = []
    for node in graph.node:
        if node.op_type != 'Conv':
            continue
        source, kernel = (makers.get(name) for name in node.input[:2])
        if kernel is None or kernel.input[0] not in constants:
            continue  # a layer that stayed in float
        weight = constants[kernel.input[0]]
        if weight.shape[2:] == (1, 1) and weight.shape[1] > 1:
            found.append((node.name, source.input[0], weight[:, :, 0, 0]))
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    del probe.graph.output[:]
    for _, name, _ in found:
        probe.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    names = list(dict.fromkeys(name for _, name, _ in found))
    session = InferenceSession(probe.SerializeToString(), providers=['CPUExecutionProvider'])
    maps = dict(zip(names, session.run(names, {'input': tensor}), strict=True))
    for node, name, weight in found:
        channels = np.moveaxis(maps[name], 1, -1)
        yield node, channels.reshape(-1, channels.shape[-1]), weight
