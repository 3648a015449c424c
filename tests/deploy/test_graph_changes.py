"""The changes to a graph are exact, and they do what they are for."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from helpers.lively import build_lively, soft_images
from torch import nn

from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.export_onnx import attributes, export_onnx, weights_of
from pfld_mm.deploy.graph.align_channels import UnalignableGraph, align_channels
from pfld_mm.deploy.graph.graph_size import graph_size
from pfld_mm.deploy.graph.move_concats import move_concats
from pfld_mm.deploy.graph.space_to_depth_stem import space_to_depth_stem


@pytest.fixture(scope='module', params=['ghostone', 'ghostnet'])
def graph(request):
    model = build_lively(request.param, 7, (64, 64), width_factor=0.35)  # odd halves: with Slice
    return export_onnx(DeployedNetwork(model, (64, 64)), (3, 64, 64))


@pytest.fixture(scope='module')
def ghostone():
    return export_onnx(DeployedNetwork(build_lively('ghostone'), (112, 112)), (3, 112, 112))


def run(model, seed=0):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    shape = [d.dim_value or 2 for d in model.graph.input[0].type.tensor_type.shape.dim]
    x = soft_images(shape[0], (shape[3], shape[2]), seed).numpy() * 255
    return session.run(None, {'input': x})[0]


def convs(model):
    return [node for node in model.graph.node if node.op_type == 'Conv']


@pytest.mark.parametrize('block', [8, 16])
def test_aligned_channels_change_nothing(graph, block):
    aligned = align_channels(graph, block)
    onnx.checker.check_model(aligned, full_check=True)
    np.testing.assert_allclose(run(aligned), run(graph), atol=1e-5, rtol=0)
    weights = weights_of(aligned.graph)
    inner = convs(aligned)[:-1]  # the last one gives the points
    assert all(len(weights[node.input[1]]) % block == 0 for node in inner)
    assert 'Slice' not in {node.op_type for node in aligned.graph.node}


def test_aligned_channels_are_computed_in_blocks(graph, tmp_path):
    def reorders(model):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.optimized_model_filepath = str(tmp_path / 'optimised.onnx')
        onnxruntime.InferenceSession(model.SerializeToString(), options)
        nodes = onnx.load(options.optimized_model_filepath).graph.node
        return sum(node.op_type in ('ReorderInput', 'ReorderOutput') for node in nodes)

    if reorders(graph) == 0:
        pytest.skip('this CPU has no blocked layout')
    assert reorders(align_channels(graph)) <= 2 < reorders(graph)


@pytest.mark.parametrize('split', [False, True])
def test_moved_concatenations_change_nothing(graph, split):
    moved = move_concats(align_channels(graph), split)
    onnx.checker.check_model(moved, full_check=True)
    np.testing.assert_allclose(run(moved), run(graph), atol=1e-5, rtol=0)


def test_concatenations_come_after_the_stride_or_not_at_all(ghostone):
    def large(model):
        shapes = {
            value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
            for value in onnx.shape_inference.infer_shapes(model).graph.value_info
        }
        return [n for n in model.graph.node if n.op_type == 'Concat' and shapes[n.output[0]][2] > 1]

    assert len(large(ghostone)) == 22
    moved = move_concats(ghostone)
    strided = [n for n in convs(moved) if attributes(n)['strides'] == [2, 2]]
    assert len(strided) == 7  # the stem and two halves of three stages
    assert len(large(moved)) == 22
    assert len(large(move_concats(ghostone, split=True))) == 3  # what is pooled, too


def test_the_stem_on_blocks_changes_nothing(graph):
    changed = space_to_depth_stem(graph)
    assert changed.graph.node[0].op_type == 'SpaceToDepth'
    onnx.checker.check_model(changed, full_check=True)
    np.testing.assert_allclose(run(changed), run(graph), atol=1e-5, rtol=0)


def test_a_stem_of_another_form_is_left_alone():
    network = nn.Sequential(nn.Conv2d(3, 8, 3, 1, 1), nn.ReLU()).eval()
    graph = export_onnx(network, (3, 8, 8))
    assert space_to_depth_stem(graph).SerializeToString() == graph.SerializeToString()


def test_ghostone_has_few_nodes_and_none_without_a_use(ghostone):
    kinds = [node.op_type for node in ghostone.graph.node]
    assert len(kinds) <= 106
    assert set(kinds) == {'Conv', 'Relu', 'Concat', 'GlobalAveragePool', 'Reshape'}
    assert len(align_channels(ghostone).graph.node) <= 106
    size = graph_size(ghostone)
    assert size['parameters'] == 702_864
    assert round(size['macs'] / 1e6, 1) == 74.9


def test_a_graph_that_cannot_be_followed_is_refused():
    class Shuffled(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 5, 3), nn.Conv2d(5, 4, 1)

        def forward(self, x):
            return self.second(self.first(x) + torch.arange(5.0).reshape(5, 1, 1))

    graph = export_onnx(Shuffled().eval(), (3, 8, 8))
    with pytest.raises(UnalignableGraph, match='constant'):
        align_channels(graph)


def test_a_network_in_training_mode_is_refused():
    with pytest.raises(ValueError, match='eval'):
        export_onnx(nn.Conv2d(3, 4, 1).train(), (3, 8, 8))
