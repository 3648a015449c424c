import pytest
import torch
from torch.nn import functional as F

from pfld_mm.models.layers import tap_products
from pfld_mm.models.layers.depthwise_moments import DepthwiseMoments

LAYOUTS = [torch.contiguous_format, torch.channels_last]
SHAPES = [(3, 4, 7, 9), (2, 3, 12, 6), (2, 3, 16, 5), (1, 3, 1, 1), (2, 3, 1, 4), (4, 2, 4, 1)]


def reference(x, stride):
    channels = x.shape[1]
    patches = F.unfold(x.double(), 3, padding=1, stride=stride).unflatten(1, (channels, 9))
    patches = patches.permute(1, 2, 0, 3).flatten(2)
    mean = patches.mean(2)
    centerd = patches - mean.unsqueeze(2)
    return mean, centerd @ centerd.transpose(1, 2) / patches.shape[2]


@pytest.mark.parametrize('layout', LAYOUTS, ids=str)
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('pixels', [8, 64, 256])
@pytest.mark.parametrize('shape', SHAPES, ids=str)
def test_is_mean_and_covariance_of_the_patches(shape, pixels, stride, layout, monkeypatch):
    monkeypatch.setattr(tap_products, 'PIXELS', pixels)  # 8: several segments an image
    monkeypatch.setattr(tap_products, 'ELEMENTS', 300)  # several parts of a batch
    torch.manual_seed(0)
    x = (torch.randn(shape, dtype=torch.float64) + 3).contiguous(memory_format=layout)
    found = DepthwiseMoments.apply(x, stride)
    for value, expected in zip(found, reference(x, stride), strict=True):
        torch.testing.assert_close(value, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize('layout', LAYOUTS, ids=str)
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('shape', [(2, 2, 5, 4), (1, 2, 4, 7), (2, 1, 1, 3), (2, 1, 2, 2)], ids=str)
def test_gradient(shape, stride, layout):
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64).contiguous(memory_format=layout).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: DepthwiseMoments.apply(x, stride), (x,))


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('offset', [0, 100])
def test_float32_is_as_good_as_its_input(stride, offset):
    """A sum over the whole batch in float32 misses this by a factor of 50."""
    torch.manual_seed(0)
    smooth = F.interpolate(torch.randn(16, 24, 7, 7), scale_factor=8, mode='bilinear').relu()
    x = (smooth + offset).contiguous(memory_format=torch.channels_last)
    covariance, expected = DepthwiseMoments.apply(x, stride)[1], reference(x, stride)[1]
    error = (covariance - expected).abs().max() / expected.abs().max()
    assert error < 5e-7 * max(1, offset / 20)
