import pytest
import torch
from helpers.submodules import put
from torch import nn

from pfld_mm.models.backbones.pfld_ghostone import PFLDGhostOne

OPTIONS = dict(num_conv_branches=4, width_factor=0.5, input_size=(64, 64))


def smooth(model):
    """Softplus for ReLU: a unit whose sign flips by rounding would be all that gradients show."""
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.ReLU):
            put(model, name, nn.Softplus())
    return model


def step(model, x):
    """Features, parameter gradients and running statistics of one step, each as one vector."""
    features = model(x)
    torch.manual_seed(2)
    sum((f * torch.randn(f.shape).to(f)).mean() for f in features).backward()
    running = [buffer for name, buffer in model.named_buffers() if 'running' in name]
    groups = features, [p.grad for p in model.parameters()], running
    return [torch.cat([t.detach().double().flatten() for t in group]) for group in groups]


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('layout', [torch.contiguous_format, torch.channels_last], ids=str)
def test_float32_is_as_close_to_float64_as_the_plain_form(seed, layout):
    torch.manual_seed(seed)
    exact = smooth(PFLDGhostOne(**OPTIONS, collapse=False))
    plain = smooth(PFLDGhostOne(**OPTIONS, collapse=False))
    collapsed = smooth(PFLDGhostOne(**OPTIONS))
    plain.load_state_dict(exact.state_dict())
    collapsed.load_state_dict(exact.state_dict())
    x = torch.randn(8, 3, 64, 64).contiguous(memory_format=layout)
    truth = step(exact.double(), x.double())
    for name, *found, true in zip(
        ('features', 'gradients', 'running statistics'),
        step(collapsed, x),
        step(plain, x),
        truth,
        strict=True,
    ):
        error, plain_error = ((value - true).norm() for value in found)
        assert error <= 2 * plain_error, name


def test_states_load_into_either_form():
    collapsed, plain = PFLDGhostOne(**OPTIONS), PFLDGhostOne(**OPTIONS, collapse=False)
    assert list(collapsed.state_dict()) == list(plain.state_dict())
    plain.load_state_dict(collapsed.state_dict())
    collapsed.load_state_dict(plain.state_dict())
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    collapsed, plain = collapsed.double().eval(), plain.double().eval()
    for found, expected in zip(collapsed(x), plain(x), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
