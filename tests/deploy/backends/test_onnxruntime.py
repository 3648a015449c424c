import logging

import pytest
import torch
from helpers.graphs import convs
from torch import nn

from pfld_mm.deploy.backends.onnxruntime import optimise
from pfld_mm.deploy.export_onnx import export_onnx, weights_of


class Ghosts(nn.Module):
    """A ghost module of 10 channels and the layer that reads it."""

    def __init__(self):
        super().__init__()
        self.first, self.cheap = nn.Conv2d(3, 5, 1), nn.Conv2d(5, 5, 3, padding=1, groups=5)
        self.last = nn.Conv2d(10, 4, 1)

    def forward(self, x):
        x = self.first(x)
        return self.last(torch.cat([x, self.cheap(x)], 1))


@pytest.fixture(scope='module')
def portable():
    return export_onnx(Ghosts().eval(), (3, 8, 8))


@pytest.mark.parametrize(('block', 'width'), [(16, 16), (8, 8), (4, 8), (1, 5)])
def test_channels_are_whole_blocks(portable, block, width):
    model = optimise(portable, block)
    first, cheap, last = (weights_of(model.graph)[node.input[1]].shape for node in convs(model))
    assert (first[0], cheap[0], last[1]) == (width, width, 2 * width)


def test_split_leaves_no_copies(portable):
    kinds = [
        [n.op_type for n in optimise(portable, 16, split).graph.node] for split in (False, True)
    ]
    assert kinds == [['Conv', 'Conv', 'Concat', 'Conv'], ['Conv', 'Conv', 'Conv', 'Conv', 'Add']]


def test_what_cannot_be_aligned_is_left_and_told(caplog):
    network = nn.Sequential(nn.Conv2d(3, 5, 1), nn.Upsample(scale_factor=2), nn.Conv2d(5, 2, 1))
    network.insert(1, nn.ReLU())
    graph = export_onnx(network.eval(), (3, 4, 4))
    with caplog.at_level(logging.INFO, 'pfld_mm'):
        assert optimise(graph) is graph
    assert 'channels are left as they are: ' in caplog.text
