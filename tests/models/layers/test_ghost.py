import pytest
import torch
from helpers.liven import liven
from torch import nn

from pfld_mm.models.layers.ghost import GhostBottleneck, GhostModule, ghost_features


@pytest.mark.parametrize('out_channels', [6, 7])
def test_second_half_is_a_cheap_operation_of_the_first(out_channels):
    module = GhostModule(5, out_channels).double().eval()
    x = torch.randn(2, 5, 6, 4, dtype=torch.float64)
    out, half = module(x), -(-out_channels // 2)
    assert out.shape == (2, out_channels, 6, 4)
    torch.testing.assert_close(out[:, :half], module.primary_conv(x))
    ghosts = module.cheap_operation(out[:, :half])
    torch.testing.assert_close(out[:, half:], ghosts[:, : out_channels - half])


def test_nothing_is_sliced_where_nothing_is_too_many():
    x = torch.ones(1, 2, 3, 3)
    out = ghost_features(nn.Identity(), nn.Identity(), x, 4)
    assert out.shape == (1, 4, 3, 3) and out.is_contiguous()
    assert ghost_features(nn.Identity(), nn.Identity(), x, 3).shape == (1, 3, 3, 3)


@pytest.mark.parametrize('is_linear', [True, False])
def test_a_linear_module_has_negative_values(is_linear):
    torch.manual_seed(0)
    out = GhostModule(4, 8, is_linear).eval()(torch.randn(1, 4, 8, 8))
    assert (out.min() < 0) == is_linear


@pytest.mark.parametrize(
    ('shape', 'has_shortcut'),
    [((4, 10, 4, 1), False), ((4, 10, 6, 1), True), ((4, 10, 4, 2), True)],
)
def test_bottleneck_is_its_ghosts_and_its_shortcut(shape, has_shortcut):
    block = GhostBottleneck(*shape).double()
    assert bool(len(block.shortcut)) == has_shortcut
    liven(block)
    x = torch.randn(2, 4, 8, 6, dtype=torch.float64)
    out = block.eval()(x)
    assert out.shape == (2, shape[2], 8 // shape[3], 6 // shape[3])
    assert out.std() > 0.01
    for module in block.ghost_conv[-1].modules():
        if isinstance(module, nn.BatchNorm2d):  # nothing is left of the ghosts
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)
    torch.testing.assert_close(block(x), block.shortcut(x) if has_shortcut else x)
