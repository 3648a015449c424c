import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from helpers.graphs import convs, run
from torch import nn

from pfld_mm.deploy.export_onnx import attributes, export_onnx
from pfld_mm.deploy.graph.align_channels import align_channels
from pfld_mm.deploy.graph.move_concats import move_concats


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


class Joined(nn.Module):
    """Two maps of different width, joined, and what is made of them."""

    def __init__(self, last):
        super().__init__()
        self.one, self.other, self.last = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 4, 1), last

    def forward(self, x):
        return self.last(torch.cat([self.one(x), self.other(x)], 1))


def kinds(model):
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize('bias', [False, True])
@pytest.mark.parametrize('split', [False, True])
@pytest.mark.parametrize(
    ('last', 'depthwise'),
    [(dict(out_channels=6, groups=6), True), (dict(out_channels=5), False)],
    ids=['depthwise', 'dense'],
)
def test_a_convolution_of_joined_maps_is_one_of_each(last, depthwise, split, bias):
    torch.manual_seed(0)
    layer = nn.Conv2d(6, kernel_size=3, stride=2, padding=1, bias=bias, **last)
    network = Joined(layer).eval()
    moved = move_concats(export_onnx(network, (3, 8, 8)), split)
    onnx.checker.check_model(moved, full_check=True)
    # a depthwise one is always cut, since its halves are joined when they are small
    expected = {
        True: ['Conv', 'Conv', 'Conv', 'Conv', 'Concat'],
        False: ['Conv', 'Conv', *(['Conv', 'Conv', 'Add'] if split else ['Concat', 'Conv'])],
    }
    assert kinds(moved) == expected[depthwise]
    x = torch.rand(1, 3, 8, 8)
    session = onnxruntime.InferenceSession(moved.SerializeToString())
    found = session.run(None, {'input': x.numpy()})[0]
    np.testing.assert_allclose(found, network(x).detach(), atol=1e-6)


def test_a_map_that_is_read_twice_stays_whole():
    class Twice(Joined):
        def forward(self, x):
            joined = torch.cat([self.one(x), self.other(x)], 1)
            return self.last(joined) + joined

    layer = nn.Conv2d(6, 6, 3, padding=1, groups=6)
    graph = export_onnx(Twice(layer).eval(), (3, 8, 8))
    assert kinds(move_concats(graph, split=True)) == kinds(graph)
