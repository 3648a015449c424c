import pytest
import torch
from helpers.liven import liven

from pfld_mm.models.layers.inverted_residual import InvertedResidual


@pytest.mark.parametrize(
    ('shape', 'size'), [((4, 4, 1, 2, True), 6), ((4, 6, 1, 2, False), 6), ((4, 4, 2, 3, False), 3)]
)
def test_is_up_depthwise_and_linear_down(shape, size):
    block = InvertedResidual(*shape).double()
    liven(block)
    up, depthwise, down = block.eval().inv_res
    hidden = 4 * shape[3]
    assert (up.conv.out_channels, depthwise.conv.groups) == (hidden, hidden)
    x = torch.randn(2, 4, 6, 6, dtype=torch.float64)
    out = down(depthwise(up(x)))
    assert out.min() < 0 <= depthwise(up(x)).min()
    out = out + x if shape[4] else out
    torch.testing.assert_close(block(x), out)
    assert out.shape == (2, shape[1], size, size)


@pytest.mark.parametrize('shape', [(4, 4, 2), (4, 6, 1)])
def test_a_residual_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=rf'stride {shape[2]}, 4 -> {shape[1]}'):
        InvertedResidual(*shape, expand_ratio=2, use_residual=True)
