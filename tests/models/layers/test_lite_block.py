import torch
from torch import nn

from pfld_mm.models.layers.lite_block import LiteBlock, activation, smooth


def test_block_adds_its_input():
    block = LiteBlock(8).eval()
    nn.init.zeros_(block.project.bn.weight)
    x = torch.randn(2, 8, 5, 7)
    assert torch.equal(block(x), x)


def test_block_has_the_documents_parameters():
    c = 32
    expected = 2 * c * c * 2 + 9 * 2 * c + 2 * (2 * c + 2 * c + c)
    assert sum(p.numel() for p in LiteBlock(c).parameters()) == expected


def test_separable_smoothing_is_an_eighth_of_the_weights():
    dense, separable = (
        sum(p.numel() for m in smooth(64, s).modules() if isinstance(m, nn.Conv2d)
            for p in m.parameters())
        for s in (False, True)
    )  # fmt: skip
    assert dense == 9 * 64 * 64
    assert separable == 9 * 64 + 64 * 64


def test_activations_are_torchs_by_name():
    relu = activation(dict(type='ReLU', inplace=True))
    assert isinstance(relu, nn.ReLU)
    assert relu.inplace
