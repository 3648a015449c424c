import copy

import pytest
import torch
from helpers.timm_models import import_timm
from torch import nn

from pfld_mm.models.layers.collapse_blocks import collapse_
from pfld_mm.models.layers.mobileone import MobileOneBlock

TOLERANCE = 1e-9


class ConvNorm(nn.Module):
    def __init__(self, channels, out, size, stride, groups, act=None):
        super().__init__()
        self.conv = nn.Conv2d(
            channels, out, size, stride, padding=size // 2, groups=groups, bias=False
        )
        self.bn = nn.BatchNorm2d(out)
        self.bn.act = act or nn.Identity()

    def forward(self, x):
        return self.bn.act(self.bn(self.conv(x)))


class Block(nn.Module):
    """Attributes and forward pass of timm's MobileOneBlock."""

    def __init__(self, channels, out, size=3, stride=1, groups=1, branches=2, act=None):
        super().__init__()
        self.reparam_conv = None
        self.conv_kxk = nn.ModuleList(
            ConvNorm(channels, out, size, stride, groups, act) for _ in range(branches)
        )
        self.conv_scale = ConvNorm(channels, out, 1, stride, groups) if size > 1 else None
        has_identity = channels == out and stride == 1
        self.identity = nn.BatchNorm2d(out) if has_identity else None
        self.drop_path = self.attn = nn.Identity()
        self.act = nn.ReLU()

    def forward(self, x):
        out = sum(conv(x) for conv in self.conv_kxk)
        if self.conv_scale is not None:
            out = out + self.conv_scale(x)
        if self.identity is not None:
            out = out + self.identity(x)
        return self.act(self.attn(out))


def step(model, x):
    x = x.clone().requires_grad_()
    out = model(x)
    torch.manual_seed(5)
    (out * torch.randn(out.shape, dtype=out.dtype)).sum().backward()
    gradients = {name: p.grad for name, p in model.named_parameters()} | {'input': x.grad}
    return out.detach(), gradients, dict(model.named_buffers())


def assert_same_step(plain, collapsed, x):
    out, gradients, buffers = step(plain, x)
    out2, gradients2, buffers2 = step(collapsed, x)
    torch.testing.assert_close(out2, out, rtol=TOLERANCE, atol=TOLERANCE)
    largest = max(g.abs().max() for g in gradients.values() if g is not None)
    assert gradients.keys() == gradients2.keys()
    for name, gradient in gradients.items():
        assert (gradient is None) == (gradients2[name] is None), name
        if gradient is not None:
            difference = (gradients2[name] - gradient).abs().max() / largest
            assert difference <= TOLERANCE, f'{name}: {difference:.1e}'
    for name, buffer in buffers.items():
        torch.testing.assert_close(buffers2[name], buffer, rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize(
    'geometry',
    [
        dict(channels=4, out=4, groups=4),
        dict(channels=4, out=6),
        dict(channels=3, out=8, stride=2),
        dict(channels=5, out=5, size=1),
        dict(channels=6, out=4, size=1, stride=2),
    ],
    ids=str,
)
def test_outputs_gradients_and_statistics_stay(geometry):
    torch.manual_seed(0)
    plain = Block(**geometry).double()
    collapsed = collapse_(copy.deepcopy(plain))
    x = torch.randn(3, geometry['channels'], 8, 10, dtype=torch.float64) + 1
    assert_same_step(plain, collapsed, x)
    assert list(collapsed.state_dict()) == list(plain.state_dict())


@pytest.mark.parametrize('name', ['mobileone_s0', 'repvgg_a0'])
def test_timm_models_stay_the_same(name):
    timm = import_timm()
    torch.manual_seed(0)
    plain = timm.create_model(name, num_classes=7).double()
    collapsed = collapse_(copy.deepcopy(plain))
    assert_same_step(plain, collapsed, torch.randn(2, 3, 64, 64, dtype=torch.float64))
    assert_same_step(plain.eval(), collapsed.eval(), torch.randn(2, 3, 64, 64).double())


def test_the_deployed_form_is_that_of_the_plain_model():
    timm = import_timm()
    from timm.utils.model import reparameterize_model

    model = collapse_(timm.create_model('mobileone_s0', num_classes=7)).eval()
    x = torch.randn(1, 3, 64, 64)
    before = model(x)
    torch.testing.assert_close(reparameterize_model(model)(x), before, rtol=1e-3, atol=1e-4)


def test_copies_compute_with_their_own_parameters():
    collapsed = collapse_(Block(4, 4, groups=4))
    copied = copy.deepcopy(collapsed)
    with torch.no_grad():
        for parameter in copied.parameters():
            parameter.zero_()
    x = torch.randn(2, 4, 6, 6)
    assert copied(x).abs().max() == 0
    assert collapsed(x).abs().max() > 0


def test_own_blocks_are_switched():
    block = MobileOneBlock(4, 4, 3, padding=1, groups=4, collapse=False)
    assert collapse_(nn.Sequential(block))[0].collapse


def test_blocks_that_cannot_collapse_are_left():
    odd = Block(4, 4, act=nn.ReLU())
    both = nn.Sequential(Block(4, 4), odd)
    collapse_(both)
    assert type(both[1]) is Block
    assert type(both[0]) is not Block


def test_nothing_to_collapse_is_said():
    with pytest.raises(ValueError, match='Linear holds no multi-branch block'):
        collapse_(nn.Linear(2, 2))
