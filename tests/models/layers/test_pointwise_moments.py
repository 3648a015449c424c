import pytest
import torch

from pfld_mm.models.layers import pointwise_moments
from pfld_mm.models.layers.pointwise_moments import PointwiseMoments

LAYOUTS = [torch.contiguous_format, torch.channels_last]


def reference(x):
    pixels = x.double().transpose(0, 1).flatten(1)
    centerd = pixels - pixels.mean(1, keepdim=True)
    return pixels.mean(1)[None], (centerd @ centerd.T / pixels.shape[1])[None]


@pytest.mark.parametrize('layout', LAYOUTS, ids=str)
@pytest.mark.parametrize('shape', [(3, 4, 5, 6), (1, 7, 2, 1), (2, 1, 3, 3)], ids=str)
def test_is_mean_and_covariance(shape, layout, monkeypatch):
    monkeypatch.setattr(pointwise_moments, 'PIXELS', 40)  # several partial sums
    torch.manual_seed(0)
    x = (torch.randn(shape, dtype=torch.float64) + 3).contiguous(memory_format=layout)
    for found, expected in zip(PointwiseMoments.apply(x), reference(x), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize('layout', LAYOUTS, ids=str)
def test_gradient(layout):
    torch.manual_seed(0)
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64).contiguous(memory_format=layout)
    assert torch.autograd.gradcheck(PointwiseMoments.apply, (x.requires_grad_(),))


@pytest.mark.parametrize('offset', [0, 100])
def test_float32_is_as_good_as_its_input(offset):
    torch.manual_seed(0)
    smooth = torch.nn.functional.interpolate(torch.randn(16, 24, 7, 7), scale_factor=8).relu()
    x = (smooth + offset).contiguous(memory_format=torch.channels_last)
    covariance, expected = PointwiseMoments.apply(x)[1], reference(x)[1]
    error = (covariance - expected).abs().max() / expected.abs().max()
    assert error < 5e-6
