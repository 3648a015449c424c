import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from helpers.graphs import run
from torch import nn

from pfld_mm.deploy.export_onnx import export_onnx, weights_of
from pfld_mm.deploy.graph.space_to_depth_stem import space_to_depth_stem


def test_the_stem_on_blocks_changes_nothing(graph):
    changed = space_to_depth_stem(graph)
    assert changed.graph.node[0].op_type == 'SpaceToDepth'
    onnx.checker.check_model(changed, full_check=True)
    np.testing.assert_allclose(run(changed), run(graph), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    'stem',
    [
        nn.Conv2d(3, 8, 3, 1, 1),
        nn.Conv2d(3, 8, 3, 2, 0),
        nn.Conv2d(3, 8, 5, 2, 2),
        nn.Conv2d(8, 8, 3, 2, 1),
        nn.Conv2d(3, 3, 3, 2, 1, groups=3),
    ],
    ids=str,
)
def test_a_stem_of_another_form_is_left_alone(stem):
    network = nn.Sequential(stem, nn.ReLU()).eval()
    graph = export_onnx(network, (stem.in_channels, 8, 8))
    assert space_to_depth_stem(graph).SerializeToString() == graph.SerializeToString()


@pytest.mark.parametrize('channels', [1, 3, 4])
def test_the_same_sums_of_other_places(channels):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(channels, 5, 3, 2, 1), nn.ReLU()).eval()
    graph = export_onnx(network, (channels, 8, 6))
    changed = space_to_depth_stem(graph)
    assert [node.op_type for node in changed.graph.node] == ['SpaceToDepth', 'Conv', 'Relu']
    name = changed.graph.node[1].input[1]
    old, new = weights_of(graph.graph)[name], weights_of(changed.graph)[name]
    assert new.shape == (5, 4 * channels, 2, 2)
    np.testing.assert_array_equal(np.sort(new[new != 0]), np.sort(old.ravel()))
    x = torch.rand(1, channels, 8, 6)
    session = onnxruntime.InferenceSession(changed.SerializeToString())
    found = session.run(None, {'input': x.numpy()})[0]
    np.testing.assert_allclose(found, network(x).detach(), atol=1e-6)
