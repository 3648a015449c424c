import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from pfld_mm.deploy.export_onnx import (
    attributes,
    declare_output,
    export_onnx,
    read_onnx,
    replace_nodes,
    tidy,
    weights_of,
)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.Identity(), nn.ReLU()).eval()


def shape(value):
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


@pytest.mark.parametrize(
    ('options', 'inputs', 'outputs'),
    [
        ({}, [1, 3, 8, 6], [1, 4, 4, 3]),
        (dict(dynamic_batch=True), ['batch', 3, 8, 6], ['batch', 4, 4, 3]),
        (dict(dynamic_size=True), [1, 3, 'height', 'width'], [1, 4, 'out_height', 'out_width']),
    ],
    ids=str,
)
def test_open_dimensions_have_names_and_any_size(options, inputs, outputs):
    model = export_onnx(network(), (3, 8, 6), **options)
    (given,), (found,) = model.graph.input, model.graph.output
    assert (given.name, found.name) == ('input', 'output')
    assert (shape(given), shape(found)) == (inputs, outputs)
    sizes = [d if isinstance(d, int) else 10 for d in inputs]
    x = torch.rand(sizes)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    np.testing.assert_allclose(
        session.run(None, {'input': x.numpy()})[0], network()(x).detach(), atol=1e-6
    )


def test_nothing_is_left_that_is_not_needed():
    model = export_onnx(network(), (3, 8, 6), opset=13)
    assert [node.op_type for node in model.graph.node] == ['Conv', 'Relu']
    assert len(model.graph.initializer) == 2 and not model.graph.value_info
    assert model.opset_import[0].version == 13
    assert attributes(model.graph.node[0])['strides'] == [2, 2]
    (kernel, bias) = weights_of(model.graph).values()
    np.testing.assert_array_equal(kernel, network()[0].weight.detach())
    np.testing.assert_array_equal(bias, network()[0].bias.detach())


def test_a_network_in_training_mode_is_refused():
    with pytest.raises(ValueError, match='eval'):
        export_onnx(nn.Conv2d(3, 4, 1).train(), (3, 8, 8))


def made_by_hand():
    """input -> Identity -> Add(constant) -> Identity -> output; a weight that nothing reads."""
    constant = numpy_helper.from_array(np.float32([1, 2]), 'value')
    nodes = [
        helper.make_node('Constant', [], ['two'], value=constant),
        helper.make_node('Identity', ['input'], ['same']),
        helper.make_node('Add', ['same', 'two'], ['sum']),
        helper.make_node('Identity', ['sum'], ['output']),
    ]
    sides = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in ('input', 'output')]
    unread = numpy_helper.from_array(np.zeros(9, np.float32), 'unread')
    return helper.make_graph(nodes, 'graph', sides[:1], sides[1:], [unread])


def test_tidy_by_hand():
    graph = made_by_hand()
    tidy(graph)
    # the Identity that gives the output must stay: the output's name is what others ask for
    assert [(n.op_type, list(n.input)) for n in graph.node] == [
        ('Add', ['input', 'two']),
        ('Identity', ['sum']),
    ]
    assert {name: array.tolist() for name, array in weights_of(graph).items()} == {'two': [1, 2]}


def test_replaced_nodes_take_their_weights_along():
    graph = made_by_hand()
    replace_nodes(graph, [helper.make_node('Add', ['input', 'unread'], ['output'])])
    assert [weight.name for weight in graph.initializer] == ['unread']
    declare_output(graph, ['batch', 9])
    assert shape(graph.output[0]) == ['batch', 9]


def test_a_file_is_read_again(tmp_path):
    model = export_onnx(network(), (3, 8, 6))
    onnx.save(model, str(tmp_path / 'model.onnx'))
    assert read_onnx(tmp_path / 'model.onnx') == model
    with pytest.raises(FileNotFoundError):
        read_onnx(tmp_path / 'none.onnx')


@pytest.mark.parametrize(
    ('data', 'message'), [(b'', 'it has no nodes'), (b'not a network', 'damaged one: .')]
)
def test_a_damaged_file_is_named(tmp_path, data, message):
    (tmp_path / 'model.onnx').write_bytes(data)
    with pytest.raises(ValueError, match=rf'model\.onnx is not an ONNX model, .*{message}'):
        read_onnx(tmp_path / 'model.onnx')


@pytest.mark.parametrize('opset', [10, 21, 99, '17', None])
def test_an_operator_set_that_was_never_tried_is_refused(opset):
    with pytest.raises(ValueError, match=r'onnx_config\.opset_version: expected 11 to 20, found'):
        export_onnx(network(), (3, 8, 6), opset=opset)
