import pytest
import torch
from helpers.liven import liven
from torch import nn

from pfld_mm.models.layers.ghostone import GhostOneBottleneck, GhostOneModule
from pfld_mm.models.layers.mobileone import MobileOneBlock


def deploy(module):
    for block in module.modules():
        if isinstance(block, MobileOneBlock):
            block.switch_to_deploy()


@pytest.mark.parametrize('out_channels', [6, 7])
def test_second_half_is_a_cheap_operation_of_the_first(out_channels):
    module = GhostOneModule(5, out_channels, num_conv_branches=2).double().eval()
    x = torch.randn(2, 5, 6, 4, dtype=torch.float64)
    half = -(-out_channels // 2)
    primary = module.primary_conv(x)
    expected = torch.cat([primary, module.cheap_operation(primary)], 1)[:, :out_channels]
    assert primary.shape[1] == half
    torch.testing.assert_close(module(x), expected)


@pytest.mark.parametrize(('stride', 'blocks'), [(1, 4), (2, 5)])
def test_folded_bottleneck_is_the_unfolded_one(stride, blocks):
    bottleneck = GhostOneBottleneck(4, 9, 5, stride, num_conv_branches=3).double()
    liven(bottleneck)
    x = torch.randn(2, 4, 8, 6, dtype=torch.float64)
    expected = bottleneck.eval()(x)
    assert expected.shape == (2, 5, 8 // stride, 6 // stride) and expected.std() > 0.01
    deploy(bottleneck)
    torch.testing.assert_close(bottleneck(x), expected, rtol=0, atol=1e-12)
    assert sum(isinstance(m, nn.Conv2d) for m in bottleneck.modules()) == blocks
    assert not any(isinstance(m, nn.BatchNorm2d) for m in bottleneck.modules())


def test_there_is_no_shortcut():
    bottleneck = GhostOneBottleneck(4, 8, 4, 1, num_conv_branches=1).double().eval()
    for module in bottleneck.ghost_conv[-1].modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.zeros_(module.weight)
    x = torch.randn(1, 4, 6, 6, dtype=torch.float64)
    assert not bottleneck(x).any()
