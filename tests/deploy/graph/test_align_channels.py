import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from helpers.graphs import convs, run
from torch import nn

from pfld_mm.deploy.export_onnx import export_onnx, weights_of
from pfld_mm.deploy.graph.align_channels import UnalignableGraph, align_channels


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


class Halves(nn.Module):
    """A ghost module of odd width, a skip and a convolution that gives the answer."""

    def __init__(self):
        super().__init__()
        self.first, self.cheap = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 3, padding=1, groups=3)
        self.back, self.last = nn.Conv2d(5, 5, 1), nn.Conv2d(5, 7, 1)

    def forward(self, x):
        x = self.first(x).relu()
        x = torch.cat([x, self.cheap(x)], 1)[:, :5]
        return self.last(x + self.back(x))


def test_zeros_are_added_and_nothing_else():
    torch.manual_seed(0)
    network = Halves().eval()
    graph = export_onnx(network, (3, 6, 6))
    aligned = align_channels(graph, 4)
    onnx.checker.check_model(aligned, full_check=True)
    shapes = [weights_of(aligned.graph)[node.input[1]].shape for node in convs(aligned)]
    assert shapes == [(4, 3, 1, 1), (4, 1, 3, 3), (8, 8, 1, 1), (7, 8, 1, 1)]
    for before, after in zip(convs(graph), convs(aligned), strict=True):
        for name, other in zip(before.input[1:], after.input[1:], strict=True):
            original, padded = weights_of(graph.graph)[name], weights_of(aligned.graph)[other]
            kept = padded[padded != 0]
            assert len(kept) <= original.size and set(kept) <= set(original.ravel())
    x = torch.rand(1, 3, 6, 6)
    session = onnxruntime.InferenceSession(aligned.SerializeToString())
    found = session.run(None, {'input': x.numpy()})[0]
    np.testing.assert_allclose(found, network(x).detach(), atol=1e-6)


def test_whole_blocks_stay_as_they_are():
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 2, 1)).eval()
    graph = export_onnx(network, (3, 8, 8))
    before = graph.SerializeToString()
    assert align_channels(graph, 8).graph.initializer == graph.graph.initializer
    padded = align_channels(graph, 16)
    assert len(weights_of(padded.graph)[convs(padded)[0].input[1]]) == 16
    assert graph.SerializeToString() == before  # the argument stays as it is


@pytest.mark.parametrize('last', [nn.ReLU(), nn.Sigmoid()], ids=str)
def test_a_map_that_would_be_given_out_with_padding_is_refused(last):
    graph = export_onnx(nn.Sequential(nn.Conv2d(3, 5, 1), last).eval(), (3, 4, 4))
    with pytest.raises(UnalignableGraph, match="channels of the output 'output' would be padded"):
        align_channels(graph, 8)
