import pytest
import torch
from helpers.liven import liven
from torch import nn
from torch.nn import functional as F

from pfld_mm.models.layers.conv_block import ConvBlock


def test_is_convolution_then_batch_norm_then_relu():
    block = ConvBlock(3, 4, (3, 5), 2, 1, has_bn=True).double()
    liven(block)
    block.eval()
    x = torch.randn(2, 3, 9, 11, dtype=torch.float64)
    mean, var = block.bn.running_mean, block.bn.running_var
    out = F.conv2d(x, block.conv.weight, None, 2, 1)
    out = (out - mean.view(1, -1, 1, 1)) / (var.view(1, -1, 1, 1) + 1e-5).sqrt()
    out = out * block.bn.weight.view(1, -1, 1, 1) + block.bn.bias.view(1, -1, 1, 1)
    torch.testing.assert_close(block(x), out.clamp(min=0), rtol=0, atol=1e-12)
    assert block.conv.bias is None


@pytest.mark.parametrize(
    ('options', 'names'),
    [
        (dict(), ['conv', 'bn', 'relu']),
        (dict(is_linear=True), ['conv', 'bn']),
        (dict(has_bn=False), ['conv', 'relu']),
        (dict(has_bn=False, is_linear=True), ['conv']),
    ],
    ids=str,
)
def test_deployed_form_is_the_same_function(options, names):
    block = ConvBlock(6, 6, 3, padding=1, groups=6, **options).double()
    assert list(dict(block.named_children())) == names
    liven(block)
    x = torch.randn(2, 6, 5, 7, dtype=torch.float64)
    expected = block.eval()(x)
    block.train().switch_to_deploy()
    torch.testing.assert_close(block(x), expected, rtol=0, atol=1e-12)
    assert not [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)]
    assert not block.training
    folded = block.conv
    block.switch_to_deploy()
    assert block.conv is folded
