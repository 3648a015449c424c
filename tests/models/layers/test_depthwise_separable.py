import pytest
import torch
from helpers.liven import liven

from pfld_mm.models.layers.depthwise_separable import DepthwiseSeparable


@pytest.mark.parametrize(('kernel_size', 'stride'), [(3, 1), (3, 2), (5, 1), (7, 2)])
def test_channels_meet_in_the_pointwise_part_alone(kernel_size, stride):
    layer = DepthwiseSeparable(4, 6, stride, kernel_size).double()
    liven(layer)
    x = torch.randn(1, 4, 8, 10, dtype=torch.float64)
    changed = x.clone()
    changed[:, 2] += 1
    before, after = layer.eval().depthwise(x), layer.depthwise(changed)
    differs = (before != after).flatten(2).any(2)[0]
    assert differs.tolist() == [False, False, True, False]
    out = layer(x)
    assert out.shape == (1, 6, 8 // stride, 10 // stride)
    torch.testing.assert_close(out, layer.pointwise(before))


def test_weights_are_those_of_mobilenet():
    count = sum(p.numel() for name, p in DepthwiseSeparable(8, 12).named_parameters()
                if name.endswith('conv.weight'))  # fmt: skip
    assert count == 9 * 8 + 8 * 12
