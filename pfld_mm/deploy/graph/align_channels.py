"""Pad the channels of an exported graph to whole vector blocks, without changing its results.

onnxruntime computes a convolution in its blocked layout (NCHWc, 16 channels in AVX-512, 8 in AVX2
and NEON) only where the channels of depthwise convolutions and of concatenated maps are whole
blocks. The ghost halves of this family (40, 60, 100, 252, ... channels) are not: every one of them
costs two changes of layout and a slow depthwise kernel. Zero channels cure that. They have zero
weights on both sides, so every other channel keeps its value to the bit of its sum.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from onnx import NodeProto, numpy_helper

UNARY = ('Relu', 'Clip', 'Sigmoid', 'GlobalAveragePool')
"""Operators that treat every channel alike."""

FOLLOWED = (*UNARY, 'Conv', 'Concat', 'Add', 'Mul', 'Slice')


class UnalignableGraph(ValueError):
    """The graph holds an operator whose channels this pass cannot follow."""


def align_channels(model: onnx.ModelProto, block: int = 16) -> onnx.ModelProto:
    """A copy of ``model`` in which every dense convolution gives a multiple of ``block`` channels.

    A Slice that cuts the surplus ghost channel off disappears, too: the channel is ignored by the
    weights that follow.

    Args:
        model: A graph in which the operators of ``FOLLOWED`` stand between convolutions.
        block: Channels of one vector register.

    Returns:
        The padded model.

    Raises:
        UnalignableGraph: If it holds another operator between padded convolutions, or the output
            is a map that would be padded.
    """
    padded = onnx.ModelProto()
    padded.CopyFrom(model)
    _Aligner(padded.graph, block).run()
    return padded


class _Aligner:
    """One pass over a graph in topological order.

    ``slots[name]`` says what each channel of a tensor holds: the number of the original channel,
    or -1 for padding.
    """

    def __init__(self, graph: onnx.GraphProto, block: int) -> None:
        self.graph = graph
        self.block = block
        self.slots: dict[str, np.ndarray] = {}
        self.weights = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
        self.convs = {node.output[0]: node for node in graph.node if node.op_type == 'Conv'}
        self.original = dict(self.weights)
        self.renamed: dict[str, str] = {}

    def run(self) -> None:
        """Pad in place."""
        for value in self.graph.input:
            shape = value.type.tensor_type.shape.dim
            self.slots[value.name] = np.arange(shape[1].dim_value)
        kept = []
        for node in self.graph.node:
            for i, name in enumerate(node.input):
                node.input[i] = self.renamed.get(name, name)
            if self._visit(node):
                kept.append(node)
        for value in self.graph.output:
            padded = (self.slots.get(value.name, np.zeros(0)) < 0).any()
            if padded or value.name in self.renamed:
                raise UnalignableGraph(f'the channels of the output {value.name!r} would be padded')
        del self.graph.node[:], self.graph.value_info[:], self.graph.initializer[:]
        self.graph.node.extend(kept)
        used = {name for node in kept for name in node.input}
        self.graph.initializer.extend(
            numpy_helper.from_array(np.ascontiguousarray(w), name)
            for name, w in self.weights.items()
            if name in used
        )

    def _visit(self, node: NodeProto) -> bool:
        """Pad one node; False where it is not needed any more."""
        visit: dict[str, Callable[[NodeProto], bool]] = {
            'Conv': self._conv,
            'Concat': self._concat,
            'Add': self._join,
            'Mul': self._join,
            'Slice': self._slice,
        }
        if not any(name in self.slots for name in node.input):
            return True  # behind the last channels, or a constant
        if node.op_type in visit:
            return visit[node.op_type](node)
        if node.op_type not in UNARY:
            if any((self.slots[name] < 0).any() for name in node.input if name in self.slots):
                raise UnalignableGraph(
                    f'cannot pad the channels through {node.op_type} {node.name!r}'
                )
            return True
        self.slots[node.output[0]] = self.slots[node.input[0]]
        return True

    def _conv(self, node: NodeProto) -> bool:
        slots = self.slots[node.input[0]]
        weight = self.original[node.input[1]]
        group = next((a.i for a in node.attribute if a.name == 'group'), 1)
        if group == 1:
            out = len(weight)
            users = self._users(node.output[0])
            followed = users and all(user.op_type in FOLLOWED for user in users)
            padding = -out % self.block if followed else 0
            wanted = np.concatenate([np.arange(out), np.full(padding, -1)])
            self._dense(node, slots, wanted)
        elif weight.shape[1] == 1 and group == len(weight):
            self._store(node, _rows(weight, slots), slots)
            self._set(node.attribute, 'group', len(slots))
        elif (slots < 0).any():
            raise UnalignableGraph(f'cannot pad the grouped convolution {node.name!r}')
        else:
            self.slots[node.output[0]] = np.arange(len(weight))
        return True

    def _dense(self, node: NodeProto, slots: np.ndarray, wanted: np.ndarray) -> None:
        weight = self.original[node.input[1]]
        columns = _rows(weight.swapaxes(0, 1), slots).swapaxes(0, 1)
        self._store(node, _rows(columns, wanted), wanted)

    def _store(self, node: NodeProto, weight: np.ndarray, slots: np.ndarray) -> None:
        self.weights[node.input[1]] = weight
        if len(node.input) > 2:
            self.weights[node.input[2]] = _rows(self.original[node.input[2]], slots)
        self.slots[node.output[0]] = slots

    def _concat(self, node: NodeProto) -> bool:
        parts, offset = [], 0
        for name in node.input:
            slots = self.slots[name]
            parts.append(np.where(slots < 0, -1, slots + offset))
            offset += int(slots.max()) + 1
        self.slots[node.output[0]] = np.concatenate(parts)
        return True

    def _join(self, node: NodeProto) -> bool:
        first, second = (self.slots.get(name) for name in node.input)
        if first is None or second is None:
            raise UnalignableGraph(f'cannot pad the channels through the constant of {node.name!r}')
        if not np.array_equal(first, second):
            # A dense convolution may give its channels in any order: let it follow the other side.
            for mine, other in ((0, second), (1, first)):
                conv = self.convs.get(node.input[mine])
                if (
                    conv is not None
                    and self._is_dense(conv)
                    and len(self._users(conv.output[0])) == 1
                ):
                    self._dense(conv, self.slots[conv.input[0]], other)
                    first = other
                    break
            else:
                raise UnalignableGraph(f'the two sides of {node.name!r} differ in their layout')
        self.slots[node.output[0]] = first
        return True

    def _slice(self, node: NodeProto) -> bool:
        start, end, axis = (int(self.original[name].item()) for name in node.input[1:4])
        if start != 0 or axis != 1:
            raise UnalignableGraph(f'{node.name!r} is not a cut at the last channel')
        slots = self.slots[node.input[0]]
        self.renamed[node.output[0]] = node.input[0]
        self.slots[node.input[0]] = np.where(slots < end, slots, -1)
        return False

    @staticmethod
    def _set(attributes: list, name: str, value: int) -> None:
        for attribute in attributes:
            if attribute.name == name:
                attribute.i = value

    @staticmethod
    def _is_dense(node: NodeProto) -> bool:
        return all(a.name != 'group' or a.i == 1 for a in node.attribute)

    def _users(self, name: str) -> list[NodeProto]:
        return [node for node in self.graph.node if name in node.input]


def _rows(array: np.ndarray, slots: np.ndarray) -> np.ndarray:
    """``array[slots]``, with zeros where a slot is padding."""
    out = np.zeros((len(slots), *array.shape[1:]), array.dtype)
    out[slots >= 0] = array[slots[slots >= 0]]
    return out
