"""Files of a model that doubles its input, for the sessions' tests."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHAPE = (3, 4, 5)
NCNN_PARAM = """7767517
2 2
Input input 0 1 in0
BinaryOp double 1 1 in0 out0 0=2 1=1 2=2.0
"""


def image(count=1, seed=0):
    """(count, 3, 4, 5) float32, exact in bfloat16."""
    values = np.random.default_rng(seed).integers(-64, 64, (count, *SHAPE))
    return values.astype(np.float32)


def write_onnx(path, batch='N', shape=SHAPE, inputs=('input',), metadata=None):
    """An ONNX file; with two inputs it gives twice their sum."""
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape]) for name in inputs
    ]
    output = helper.make_tensor_value_info('output', TensorProto.FLOAT, [batch, *shape])
    nodes = [
        helper.make_node('Sum', list(inputs), ['sum']),
        helper.make_node('Mul', ['sum', 'two'], ['output']),
    ]
    two = numpy_helper.from_array(np.float32(2), 'two')
    graph = helper.make_graph(nodes, 'double', values, [output], [two])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], ir_version=8)
    for key, value in (metadata or {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, str(path))
    return path
