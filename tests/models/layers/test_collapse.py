import pytest
import torch
from torch import nn

from pfld_mm.models.layers.mobileone import MobileOneBlock

GEOMETRIES = {
    'pointwise': dict(in_channels=6, out_channels=4, kernel_size=1),
    'pointwise with skip': dict(in_channels=5, out_channels=5, kernel_size=1),
    'pointwise stride 2': dict(in_channels=6, out_channels=4, kernel_size=1, stride=2),
    'pointwise, wide': dict(in_channels=40, out_channels=2, kernel_size=1),
    'depthwise': dict(in_channels=4, out_channels=4, kernel_size=3, padding=1, groups=4),
    'depthwise stride 2': dict(
        in_channels=4, out_channels=4, kernel_size=3, stride=2, padding=1, groups=4
    ),
    'depthwise, two outputs a channel': dict(
        in_channels=3, out_channels=6, kernel_size=3, padding=1, groups=3
    ),
    'depthwise 5x5': dict(in_channels=3, out_channels=3, kernel_size=5, padding=2, groups=3),
    'depthwise 5x5 stride 2': dict(
        in_channels=3, out_channels=3, kernel_size=5, stride=2, padding=2, groups=3
    ),
    'dense': dict(in_channels=4, out_channels=4, kernel_size=3, padding=1),
    'dense stride 2': dict(in_channels=4, out_channels=7, kernel_size=3, stride=2, padding=1),
    'stem': dict(in_channels=3, out_channels=8, kernel_size=3, stride=2, padding=1),
    'dense, wide': dict(in_channels=8, out_channels=2, kernel_size=3, padding=1),
    'two groups': dict(in_channels=4, out_channels=6, kernel_size=3, padding=1, groups=2),
}
every_geometry = pytest.mark.parametrize('geometry', GEOMETRIES.values(), ids=GEOMETRIES)


def pair(geometry, dtype=torch.float64, **options):
    """A collapsed block with random BatchNorms and the plain one with the same state."""
    torch.manual_seed(0)
    options = dict(num_conv_branches=3, is_linear=True) | options
    collapsed = MobileOneBlock(**geometry, **options).to(dtype)
    for module in collapsed.modules():
        if isinstance(module, nn.BatchNorm2d) and module.affine:
            nn.init.uniform_(module.weight, -1, 2)
            nn.init.normal_(module.bias)
    plain = MobileOneBlock(**geometry, **options, collapse=False).to(dtype)
    plain.load_state_dict(collapsed.state_dict())
    return collapsed, plain


def picture(geometry, size=(7, 9), batch=3, dtype=torch.float64):
    torch.manual_seed(1)
    shift = torch.randn(1, geometry['in_channels'], 1, 1, dtype=dtype)
    return torch.randn(batch, geometry['in_channels'], *size, dtype=dtype) * 2 + shift


def step(block, x):
    """Output, all gradients and all buffers after one forward and backward pass."""
    x = x.clone().requires_grad_()
    out = block(x)
    torch.manual_seed(2)
    weights = torch.randn(out.shape, dtype=torch.float64)
    (out.double() * weights).sum().backward()
    result = {'output': out.detach(), 'input gradient': x.grad}
    result |= {f'{name}.grad': p.grad for name, p in block.named_parameters()}
    return result | dict(block.named_buffers())


def assert_same(actual, expected, tolerance):
    """Equal to ``tolerance`` of the largest value of their kind (some true gradients are 0)."""
    assert actual.keys() == expected.keys()
    largest = max(g.abs().max() for name, g in expected.items() if 'grad' in name)
    for name, value in expected.items():
        scale = largest if 'grad' in name else max(value.abs().max(), 1)
        error = (actual[name].double() - value.double()).abs().max() / scale
        assert error <= tolerance, f'{name} differs by {error:.2e} of its scale'


@every_geometry
@pytest.mark.parametrize('size', [(7, 9), (20, 26), (1, 5), (2, 3)], ids=str)
@pytest.mark.parametrize('batch', [1, 3])
def test_equals_the_plain_form_in_float64(geometry, size, batch):
    x = picture(geometry, size, batch)
    collapsed, plain = pair(geometry)
    assert_same(step(collapsed, x), step(plain, x), 1e-11)
