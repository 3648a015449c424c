import copy

import pytest
import torch
from helpers.submodules import put
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
    'dense': dict(in_channels=2, out_channels=5, kernel_size=3, padding=1),
    'dense with skip': dict(
        in_channels=4, out_channels=4, kernel_size=3, padding=1, num_conv_branches=4
    ),
    'dense stride 2': dict(in_channels=4, out_channels=7, kernel_size=3, stride=2, padding=1),
    'stem': dict(in_channels=3, out_channels=8, kernel_size=3, stride=2, padding=1),
    'dense, wide': dict(in_channels=8, out_channels=2, kernel_size=3, padding=1),
    'two groups': dict(in_channels=4, out_channels=6, kernel_size=3, padding=1, groups=2),
}
NO_GRADIENT = {'gradient': torch.ones(())}
every_geometry = pytest.mark.parametrize('geometry', GEOMETRIES.values(), ids=GEOMETRIES)


def pair(geometry, dtype=torch.float64, **options):
    """A collapsed block with random BatchNorms and the plain one with the same state."""
    torch.manual_seed(0)
    options = dict(num_conv_branches=3, is_linear=True) | geometry | options
    collapsed = MobileOneBlock(**options).to(dtype)
    for module in collapsed.modules():
        if isinstance(module, nn.BatchNorm2d) and module.affine:
            nn.init.uniform_(module.weight, -1, 2)
            nn.init.normal_(module.bias)
    plain = MobileOneBlock(**options, collapse=False).to(dtype)
    plain.load_state_dict(collapsed.state_dict())
    return collapsed, plain


def image(geometry, size=(7, 9), batch=3, dtype=torch.float64):
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
    result = {'output': out, 'input gradient': x.grad}
    result |= {f'{name}.grad': p.grad for name, p in block.named_parameters()}
    result |= dict(block.named_buffers())
    return {name: value.detach().clone() for name, value in result.items()}


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
    x = image(geometry, size, batch)
    collapsed, plain = pair(geometry)
    assert_same(step(collapsed, x), step(plain, x), 1e-11)


@every_geometry
def test_equals_the_plain_form_in_float32(geometry):
    x = image(geometry, (28, 28), 4, torch.float32)
    collapsed, plain = pair(geometry, torch.float32)
    assert_same(step(collapsed, x), step(plain, x), 1e-4)


@pytest.mark.parametrize('branches', [1, 6])
@pytest.mark.parametrize('options', [{'use_se': True}, {'is_linear': False}], ids=str)
def test_number_of_branches_and_what_follows_them(branches, options):
    geometry = GEOMETRIES['depthwise']
    collapsed, plain = pair(geometry, num_conv_branches=branches, **options)
    x = image(geometry)
    assert_same(step(collapsed, x), step(plain, x), 1e-11)


@every_geometry
def test_large_mean_costs_no_more_than_in_the_plain_form(geometry):
    x = image(geometry, (12, 12), 4) + 100
    collapsed, plain = pair(geometry, torch.float32)
    exact = step(pair(geometry)[1], x)['output']
    error, plain_error = (
        (step(block, x.float())['output'] - exact).abs().max() for block in (collapsed, plain)
    )
    assert error <= 4 * plain_error


@every_geometry
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64], ids=str)
def test_channels_without_variance(geometry, dtype):
    x = image(geometry, (12, 12), dtype=dtype)
    x[:, 0] = 0
    x[:, 1] = x[:, 1, 0, 0].mean()
    collapsed, plain = pair(geometry, dtype)
    tolerance = 1e-9 if dtype == torch.float64 else 1e-3
    assert_same(step(collapsed, x), step(plain, x), tolerance)


@every_geometry
def test_several_steps_move_the_running_statistics_alike(geometry):
    collapsed, plain = pair(geometry)
    for scale in (1, 2, 3):
        x = scale * image(geometry)
        collapsed(x), plain(x)
    expected = dict(plain.named_buffers())
    assert_same(dict(collapsed.named_buffers()) | NO_GRADIENT, expected | NO_GRADIENT, 1e-11)
    assert int(collapsed.rbr_conv[0].bn.num_batches_tracked) == 3


@every_geometry
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64], ids=str)
def test_gradients_of_several_steps_add_up(geometry, dtype):
    collapsed, plain = pair(geometry, dtype)
    x = image(geometry, (12, 12), dtype=dtype)
    for scale in (1, 2):
        results = step(collapsed, scale * x), step(plain, scale * x)
    assert_same(*results, 1e-11 if dtype == torch.float64 else 1e-4)
    # Clipping scales gradients in place: no two may share memory.
    gradients = [parameter.grad for parameter in collapsed.parameters()]
    for gradient in gradients:
        before = [other.clone() for other in gradients if other is not gradient]
        gradient.mul_(2)
        after = [other for other in gradients if other is not gradient]
        assert all(map(torch.equal, before, after))


@every_geometry
def test_eval_mode_uses_the_running_statistics(geometry):
    collapsed, plain = pair(geometry)
    x = image(geometry)
    collapsed(x), plain(x)
    before = copy.deepcopy(dict(collapsed.named_buffers()))
    assert_same(step(collapsed.eval(), x), step(plain.eval(), x), 1e-11)
    assert_same(dict(collapsed.named_buffers()) | NO_GRADIENT, before | NO_GRADIENT, 0)


@every_geometry
def test_frozen_batch_norm_in_one_branch(geometry):
    blocks = pair(geometry)
    x = image(geometry)
    for block in blocks:
        block(x)
        block.rbr_conv[1].bn.eval()
    before = blocks[0].rbr_conv[1].bn.running_mean.clone()
    assert_same(*(step(block, 2 * x) for block in blocks), 1e-11)
    assert torch.equal(blocks[0].rbr_conv[1].bn.running_mean, before)


@every_geometry
@pytest.mark.parametrize(
    'option',
    [dict(momentum=None), dict(momentum=0.5), dict(track_running_stats=False), dict(affine=False)],
    ids=str,
)
@pytest.mark.parametrize('of_all_branches', [True, False])
def test_options_of_batch_norm(geometry, option, of_all_branches):
    blocks = pair(geometry)
    for block in blocks:
        for name, module in list(block.named_modules()):
            if isinstance(module, nn.BatchNorm2d) and (of_all_branches or '.1.' in name):
                norm = nn.BatchNorm2d(module.num_features, **option).double()
                put(block, name, norm)
    x = image(geometry)
    for scale in (1, 2):
        collapsed, plain = (step(block, scale * x) for block in blocks)
        assert_same(collapsed, plain, 1e-11)
    assert_same(*(step(block.eval(), x) for block in blocks), 1e-11)


@every_geometry
def test_bfloat16_autocast_is_no_further_from_float32_than_the_plain_form(geometry):
    x = image(geometry, (12, 12), dtype=torch.float32)
    collapsed, plain = pair(geometry, torch.float32)
    exact = step(plain, x)
    with torch.autocast('cpu', torch.bfloat16):
        results = [step(block, x) for block in (collapsed, plain)]
    assert results[0]['output'].dtype == torch.bfloat16
    for name in ('output', 'input gradient', 'rbr_conv.0.bn.running_var'):
        error, plain_error = ((result[name] - exact[name]).norm() for result in results)
        assert error <= 1.1 * plain_error + 1e-6 * exact[name].norm(), name


@pytest.mark.parametrize('geometry', ['pointwise', 'depthwise', 'dense', 'pointwise, wide'])
def test_one_value_per_channel_is_refused(geometry):
    geometry = GEOMETRIES[geometry]
    with pytest.raises(ValueError, match='more than one value per channel'):
        pair(geometry)[0](image(geometry, (1, 1), 1))


@pytest.mark.parametrize('geometry', ['pointwise', 'depthwise', 'dense'])
def test_gradients_of_gradients_are_refused(geometry):
    geometry = GEOMETRIES[geometry]
    x = image(geometry).requires_grad_()
    out = pair(geometry)[0](x).square().sum()
    (gradient,) = torch.autograd.grad(out, x, create_graph=True)
    with pytest.raises(RuntimeError, match='once_differentiable'):
        gradient.sum().backward()


@every_geometry
def test_deployed_form_is_the_collapsed_one_in_eval_mode(geometry):
    block = pair(geometry)[0]
    x = image(geometry)
    block(x)
    expected = block.eval()(x)
    block.switch_to_deploy()
    torch.testing.assert_close(block(x), expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize('geometry', ['pointwise', 'depthwise', 'depthwise stride 2'])
def test_compiles_as_one_graph(geometry):
    geometry = GEOMETRIES[geometry]
    block = pair(geometry)[0]
    x = image(geometry, (6, 6))
    expected = step(copy.deepcopy(block), x)
    compiled = torch.compile(block, backend='aot_eager', fullgraph=True)
    found = step(compiled, x)
    for name in ('output', 'input gradient'):
        torch.testing.assert_close(found[name], expected[name], rtol=0, atol=1e-11)
