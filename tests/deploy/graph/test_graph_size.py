import numpy as np
import pytest
import torch
from torch import nn

from pfld_mm.deploy.export_onnx import export_onnx
from pfld_mm.deploy.graph.align_channels import align_channels
from pfld_mm.deploy.graph.graph_size import graph_size, needed_macs
from pfld_mm.deploy.graph.quantise import quantise


def test_a_convolution_and_a_layer_by_hand():
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),  # 8 x 6 pixels
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 5),
    ).eval()
    size = graph_size(export_onnx(network, (3, 16, 12)))
    weights = 8 * 3 * 9, 8 * 9, 8 * 5
    assert size['parameters'] == sum(weights) + 8 + 5
    assert size['macs'] == 48 * (weights[0] + weights[1]) + weights[2]
    assert size['nodes'] == 6


@pytest.mark.parametrize('dynamic_batch', [False, True])
def test_one_image_counts(dynamic_batch):
    network = nn.Conv2d(3, 4, 1).eval()
    graph = export_onnx(network, (3, 5, 7), dynamic_batch)
    assert graph_size(graph) == dict(parameters=16, macs=12 * 35, nodes=1)


def test_a_product_of_two_maps_has_no_parameters():
    class Product(nn.Module):
        def forward(self, x):
            return torch.matmul(x, x.transpose(2, 3))

    assert graph_size(export_onnx(Product().eval(), (1, 4, 4)))['parameters'] == 0


def test_int8_has_the_parameters_of_float32():
    class Points(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Conv2d(3, 8, 3, 2), nn.Conv2d(8, 4, 3)

        def forward(self, x):
            return self.last(self.first(x).relu()).reshape(-1, 2, 2)

    graph = export_onnx(Points().eval(), (3, 8, 8))
    images = [np.random.default_rng(i).uniform(0, 9, (1, 3, 8, 8)).astype('f4') for i in range(4)]
    quantised = quantise(graph, images)
    assert 'DequantizeLinear' in {node.op_type for node in quantised.graph.node}
    assert len(quantised.graph.node) > len(graph.graph.node)
    # uint8 has no negative values: its range is the ReLU
    assert graph_size(quantised) == {**graph_size(graph), 'nodes': 3}


def test_ghostone_has_few_nodes_and_none_without_a_use(ghostone):
    kinds = [node.op_type for node in ghostone.graph.node]
    assert len(kinds) <= 106
    assert set(kinds) == {'Conv', 'Relu', 'Concat', 'GlobalAveragePool', 'Reshape'}
    assert len(align_channels(ghostone).graph.node) <= 106
    size = graph_size(ghostone)
    assert size['parameters'] == 702_864
    assert round(size['macs'] / 1e6, 1) == 74.9


def test_padded_channels_are_not_needed():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 1)).eval()
    with torch.no_grad():
        network[0].weight[1] = 0
        network[1].weight[:, 1] = 0
    model = export_onnx(network, (3, 6, 6))
    assert needed_macs(model) == 16 * (3 * 3 * 9 + 5 * 3)
    assert graph_size(model)['macs'] == 16 * (4 * 3 * 9 + 5 * 4)
