import pytest
import torch
from torch import nn

from pfld_mm.models.layers.squeeze_excite import SqueezeExcite


def test_gates_by_hand():
    layer = SqueezeExcite(2, 0.5).double()
    with torch.no_grad():
        layer.reduce.weight.copy_(torch.tensor([1.0, 2.0]).view(1, 2, 1, 1))
        layer.reduce.bias.fill_(-4)
        layer.expand.weight.copy_(torch.tensor([1.0, -1.0]).view(2, 1, 1, 1))
        layer.expand.bias.zero_()
    x = torch.tensor([[[[0.0, 2.0]], [[1.0, 5.0]]]], dtype=torch.float64)  # means 1 and 3
    gate = torch.tensor([3.0, -3.0], dtype=torch.float64).sigmoid()  # relu(1 + 6 - 4) = 3
    torch.testing.assert_close(layer(x), x * gate.view(1, 2, 1, 1))


@pytest.mark.parametrize(('channels', 'hidden'), [(8, 1), (16, 1), (64, 4), (100, 6)])
def test_a_sixteenth_of_the_channels_and_one_at_least(channels, hidden):
    assert SqueezeExcite(channels).reduce.out_channels == hidden


def test_an_open_gate_is_a_half_where_nothing_is_learned():
    layer = SqueezeExcite(4)
    nn.init.zeros_(layer.expand.weight)
    nn.init.zeros_(layer.expand.bias)
    x = torch.randn(2, 4, 3, 5)
    torch.testing.assert_close(layer(x), x / 2)
