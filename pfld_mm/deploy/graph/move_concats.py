"""Exact changes to a graph that save copies of large maps in onnxruntime."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import NodeProto, helper, numpy_helper

from pfld_mm.deploy.export_onnx import attributes, replace_nodes, weights_of


def move_concats(model: onnx.ModelProto, split: bool = False) -> onnx.ModelProto:
    """A copy of ``model`` in which concatenations of ghost halves are later or gone.

    A depthwise convolution of two concatenated maps is two depthwise convolutions: with stride 2,
    the halves are concatenated when they have a quarter of their size. With ``split`` a dense
    convolution of concatenated maps becomes the sum of one for each, W [u; v] = W_u u + W_v v;
    onnxruntime adds into the second one's output, so that no copy is left, but the file has more
    nodes.

    Args:
        model: Any graph; what does not match stays as it is.
        split: Also sum dense convolutions.

    Returns:
        The changed model.
    """
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    _Mover(changed.graph, split).run()
    return changed


class _Mover:
    """One pass over a graph in topological order."""

    def __init__(self, graph: onnx.GraphProto, split: bool) -> None:
        self.graph, self.split = graph, split
        self.weights = weights_of(graph)
        self.channels = _channels(graph, self.weights)
        self.done: set[str] = set()
        self.nodes: list[NodeProto] = []
        self.users: dict[str, list[NodeProto]] = {}
        for node in graph.node:
            for name in node.input:
                self.users.setdefault(name, []).append(node)

    def run(self) -> None:
        """Change the graph in place."""
        for node in self.graph.node:
            if node.output[0] in self.done:
                continue
            if node.op_type == 'Concat' and all(name in self.channels for name in node.input):
                self._concat(list(node.input), node.output[0])
            else:
                self.nodes.append(node)
        replace_nodes(self.graph, self.nodes)

    def _concat(self, parts: list[str], name: str) -> None:
        users = self.users.get(name, [])
        conv = users[0] if len(users) == 1 and users[0].op_type == 'Conv' else None
        group = attributes(conv).get('group', 1) if conv is not None else 0
        if conv is not None and group == sum(self.channels[p] for p in parts):
            outputs = self._parts_of(conv, parts, axis=0, group=True)
            self._concat(outputs, conv.output[0])
        elif conv is not None and group == 1 and self.split:
            outputs = self._parts_of(conv, parts, axis=1, group=False)
            total = outputs[0]
            for i, output in enumerate(outputs[1:]):
                last = i == len(outputs) - 2
                result = conv.output[0] if last else f'{conv.output[0]}_sum{i}'
                self.nodes.append(helper.make_node('Add', [total, output], [result], name=result))
                total = result
        else:
            self.nodes.append(helper.make_node('Concat', parts, [name], name=name, axis=1))

    def _parts_of(self, conv: NodeProto, parts: list[str], axis: int, group: bool) -> list[str]:
        """One convolution for each part; ``axis`` of the weight is cut. Returns their outputs."""
        self.done.add(conv.output[0])
        outputs, start = [], 0
        for i, part in enumerate(parts):
            stop = start + self.channels[part]
            settings = attributes(conv)
            if group:
                settings['group'] = stop - start
            inputs = [part]
            for k, name in enumerate(conv.input[1:]):
                array = self.weights[name]
                if k == 0 or group:
                    array = array.take(np.arange(start, stop), axis=axis)
                elif i > 0:
                    continue  # the bias must be added only once
                inputs.append(self._weight(f'{name}_{i}', array))
            output = f'{conv.output[0]}_{i}'
            self.channels[output] = stop - start if group else len(self.weights[conv.input[1]])
            self.nodes.append(
                helper.make_node('Conv', inputs, [output], name=f'{conv.name}_{i}', **settings)
            )
            outputs.append(output)
            start = stop
        return outputs

    def _weight(self, name: str, array: np.ndarray) -> str:
        self.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name


def _channels(graph: onnx.GraphProto, weights: dict[str, np.ndarray]) -> dict[str, int]:
    """Channels of the tensors that convolutions and what follows them give."""
    channels: dict[str, int] = {}
    for node in graph.node:
        if node.op_type == 'Conv':
            channels[node.output[0]] = len(weights[node.input[1]])
        elif node.op_type == 'Concat' and all(name in channels for name in node.input):
            channels[node.output[0]] = sum(channels[name] for name in node.input)
        elif node.op_type in ('Relu', 'Clip', 'Add') and node.input[0] in channels:
            channels[node.output[0]] = channels[node.input[0]]
    return channels
