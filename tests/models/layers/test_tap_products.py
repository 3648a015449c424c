import pytest
import torch
from torch.nn import functional as F

from pfld_mm.models.layers import tap_products as module
from pfld_mm.models.layers.tap_products import tap_products


def reference(x, center, stride):
    """Patch by patch: unfold z and multiply all pairs of taps."""
    z = x - center.reshape(1, -1, 1, 1)
    patches = F.unfold(z, 3, padding=1, stride=stride).unflatten(1, (x.shape[1], 9))
    return torch.einsum('nctp,ncup->ctu', patches, patches)


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize(
    'shape', [(2, 3, 8, 6), (3, 2, 7, 5), (1, 1, 1, 1), (2, 2, 1, 6), (2, 2, 6, 1)], ids=str
)
def test_equals_the_products_of_all_patches(shape, stride, monkeypatch):
    monkeypatch.setattr(module, 'PIXELS', 12)  # several segments an image
    monkeypatch.setattr(module, 'ELEMENTS', 100)  # several parts of a batch
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64)
    center = torch.randn(shape[1], dtype=torch.float64)
    found = tap_products(x, center, stride)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, reference(x, center, stride), rtol=0, atol=1e-12)


def test_one_pixel_by_hand():
    """All other taps of its one patch see the border, which is 0."""
    found = tap_products(torch.full((1, 1, 1, 1), 5.0), torch.tensor([2.0]), 1)
    expected = torch.zeros(1, 9, 9, dtype=torch.float64)
    expected[0, 4, 4] = 9
    assert torch.equal(found, expected)


@pytest.mark.parametrize(
    ('height', 'width', 'rows'), [(56, 56, 2), (12, 14, 6), (7, 112, 7), (28, 4, 28), (13, 60, 13)]
)
def test_segments_divide_the_image(height, width, rows):
    assert module._segment_rows(height, width) == rows
    assert height % rows == 0


def test_parts_of_a_batch_are_equally_large(monkeypatch):
    monkeypatch.setattr(module, 'ELEMENTS', 50)
    sizes = [module._images_at_a_time(torch.zeros(n, 2, 3, 2)) for n in (1, 4, 6, 7, 8)]
    assert sizes == [1, 4, 3, 1, 4]
