import pytest
import torch
from helpers.liven import liven
from torch import nn
from torch.nn import functional as F

from pfld_mm.models.layers.mobileone import MobileOneBlock, identity_kernel

GEOMETRIES = {
    'dense': dict(in_channels=4, out_channels=4, kernel_size=3, padding=1),
    'dense stride 2': dict(in_channels=3, out_channels=5, kernel_size=3, stride=2, padding=1),
    'depthwise': dict(in_channels=4, out_channels=4, kernel_size=3, padding=1, groups=4),
    'pointwise': dict(in_channels=4, out_channels=6, kernel_size=1),
    'pointwise stride 2': dict(in_channels=3, out_channels=3, kernel_size=1, stride=2),
}


@pytest.mark.parametrize('use_se', [False, True])
@pytest.mark.parametrize('collapse', [False, True])
@pytest.mark.parametrize('geometry', GEOMETRIES.values(), ids=GEOMETRIES)
def test_folded_is_unfolded_in_float64(geometry, collapse, use_se):
    options = dict(geometry, num_conv_branches=3, use_se=use_se)
    block = MobileOneBlock(**options, collapse=collapse).double()
    liven(block)
    x = torch.randn(2, geometry['in_channels'], 7, 6, dtype=torch.float64)
    expected = block.eval()(x)
    block.train().switch_to_deploy()
    assert not block.training
    torch.testing.assert_close(block(x), expected, rtol=0, atol=1e-12)
    folded = block.reparam_conv
    block.switch_to_deploy()
    assert block.reparam_conv is folded
    direct = MobileOneBlock(**options, inference_mode=True).double()
    direct.load_state_dict(block.state_dict())
    torch.testing.assert_close(direct(x), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ('geometry', 'scale', 'skip'),
    [
        ('dense', True, True),
        ('dense stride 2', True, False),
        ('pointwise', False, False),
        ('pointwise stride 2', False, False),
    ],
)
def test_branches_where_the_shape_allows_them(geometry, scale, skip):
    block = MobileOneBlock(**GEOMETRIES[geometry], num_conv_branches=4)
    found = len(block.rbr_conv), block.rbr_scale is not None, block.rbr_skip is not None
    assert found == (4, scale, skip)


def test_a_pointwise_stride_is_that_of_a_convolution():
    block = MobileOneBlock(4, 5, 1, stride=2, inference_mode=True, is_linear=True)
    x = torch.randn(2, 4, 7, 6)
    conv = block.reparam_conv
    torch.testing.assert_close(block(x), F.conv2d(x, conv.weight, conv.bias, 2))


def test_a_linear_block_has_negative_values():
    torch.manual_seed(0)
    x = torch.randn(2, 3, 6, 6)
    assert MobileOneBlock(3, 8, 1, is_linear=True)(x).min() < 0 <= MobileOneBlock(3, 8, 1)(x).min()


@pytest.mark.parametrize(('channels', 'groups'), [(3, 1), (4, 2), (4, 4)])
def test_identity_kernel_changes_nothing(channels, groups):
    shape = torch.Size((channels, channels // groups, 3, 3))
    kernel = identity_kernel(shape, torch.float32, torch.device('cpu'))
    x = torch.randn(2, channels, 5, 6)
    assert torch.equal(F.conv2d(x, kernel, padding=1, groups=groups), x)


@pytest.mark.parametrize(('kernel_size', 'padding'), [(3, 0), (1, 1), (5, 1)])
def test_padding_that_does_not_align_the_branches_is_refused(kernel_size, padding):
    with pytest.raises(ValueError, match=rf'kernel_size // 2 = {kernel_size // 2}.*got {padding}'):
        MobileOneBlock(3, 3, kernel_size, padding=padding)


def test_no_batch_norm_is_left():
    block = MobileOneBlock(3, 3, 3, padding=1, num_conv_branches=2)
    block.switch_to_deploy()
    assert [type(m) for m in block.children()] == [nn.Identity, nn.ReLU, nn.Conv2d]
