"""The whole family: parameter counts to the unit, any K, width and size, the deployed form."""

import pytest
import torch
from helpers.networks import FAMILY, build, count
from mmpose.registry import MODELS


@pytest.mark.parametrize(
    ('name', 'training', 'deployed'),
    [
        ('pfld', 1_228_132, None),
        ('ghostnet', 810_860, None),
        ('slim', 741_680, None),
        ('ghostone', 2_754_488, 702_864),
    ],
)
def test_parameters_to_the_unit(name, training, deployed):
    model = build(name)
    assert count(model) == training
    if deployed is not None:
        model.switch_to_deploy()
        assert count(model) == deployed
        assert count(build(name, inference_mode=True)) == deployed


def test_ghostone_has_75_million_multiplications():
    model = build('ghostone', inference_mode=True)
    macs = 0

    def add(module, inputs, output):
        nonlocal macs
        macs += module.weight.numel() * (output[0, 0].numel() if output.dim() == 4 else 1)

    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(add)
    model(torch.zeros(1, 3, 112, 112), None)
    assert macs == pytest.approx(74.9e6, abs=0.05e6)


@pytest.mark.parametrize('name', FAMILY)
@pytest.mark.parametrize(
    ('keypoints', 'size', 'width'),
    [(5, (96, 96), 0.25), (68, (128, 96), 0.5), (98, (112, 112), 1.0), (106, (160, 128), 0.33)],
)
def test_any_points_size_and_width(name, keypoints, size, width):
    model = build(name, keypoints, size, width_factor=width)
    out = model(torch.rand(2, 3, size[1], size[0]), None)
    assert out.shape == (2, keypoints, 2)


@pytest.mark.parametrize('name', FAMILY)
@pytest.mark.parametrize(('size', 'width'), [((112, 112), 1.0), ((96, 128), 0.3)])
def test_deployed_points_are_the_same(name, size, width):
    model = build(name, input_size=size, width_factor=width)
    x = torch.rand(3, 3, size[1], size[0])
    with torch.no_grad():
        before = model(x, None)
        model.train()  # mmdeploy switches before it calls eval()
        model.switch_to_deploy()
        after = model.eval()(x, None)
        model.switch_to_deploy()
        again = model(x, None)
    assert before.std() > 1e-3  # else nothing is compared
    pixels = (after - before).abs() * torch.tensor(size)
    assert pixels.max() <= 1e-3
    assert torch.equal(after, again)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in model.modules())


@pytest.mark.parametrize('name', FAMILY)
def test_features_and_their_channels(name):
    backbone = MODELS.build(dict(FAMILY[name][0], width_factor=0.5)).eval()
    maps = backbone(torch.zeros(1, 3, 112, 112))
    assert tuple(m.shape[1] for m in maps) == backbone.out_channels
    sides = (28, 14, 7, 1) if name == 'pfld' else (56, 28, 14, 7, 1)
    assert tuple(m.shape[-1] for m in maps) == sides


@pytest.mark.parametrize('name', FAMILY)
def test_a_size_that_is_no_multiple_of_16_is_refused_with_a_proposal(name):
    with pytest.raises(ValueError, match=r'multiples of 16, found \(100, 112\): try \(96, 112\)'):
        MODELS.build(dict(FAMILY[name][0], input_size=(100, 112)))


@pytest.mark.parametrize('name', ['ghostone', 'pfld'])
def test_training_steps_do_not_crash_with_any_memory_layout(name):
    """torch's CPU kernels once corrupted the heap in the gradient of the stem's 1x1 branch."""
    model = build(name, width_factor=0.25).train()
    for step in range(4):
        x = torch.rand(4, 3, 112, 112)
        if step % 2:
            x = x.contiguous(memory_format=torch.channels_last)
        model(x, None).square().sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())
