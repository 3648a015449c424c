import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from pfld_mm.deploy.graph.sums_as_means import sums_as_means


def summing(axes, keepdims, shape, opset=17):
    """A graph that sums over axes."""
    given = helper.make_tensor_value_info('x', TensorProto.FLOAT, shape)
    rank = len(shape) if keepdims else len(shape) - len(axes)
    made = helper.make_tensor_value_info('y', TensorProto.FLOAT, [None] * rank)
    constant = helper.make_tensor('axes', TensorProto.INT64, [len(axes)], axes)
    node = helper.make_node('ReduceSum', ['x', 'axes'], ['y'], keepdims=keepdims)
    graph = helper.make_graph([node], 'sum', [given], [made], [constant])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', opset)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def answer(model, x):
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {'x': x})[0]


@pytest.mark.parametrize('keepdims', [0, 1])
@pytest.mark.parametrize('axes', [[-1], [2], [1, 3]])
def test_the_same_sums(axes, keepdims):
    model = summing(axes, keepdims, ['n', 3, 8, 80])
    changed = sums_as_means(model)
    assert [node.op_type for node in changed.graph.node] == ['ReduceMean', 'Mul']
    assert [node.op_type for node in model.graph.node] == ['ReduceSum']  # a copy was changed
    x = np.random.default_rng(0).uniform(-1, 1, (2, 3, 8, 80)).astype(np.float32)
    np.testing.assert_allclose(answer(changed, x), answer(model, x), atol=2e-5)


@pytest.mark.parametrize(('axes', 'opset'), [([0], 17), ([-1], 18)])
def test_what_cannot_be_changed_stays(axes, opset):
    changed = sums_as_means(summing(axes, 1, ['n', 3, 8, 80], opset))
    assert [node.op_type for node in changed.graph.node] == ['ReduceSum']
