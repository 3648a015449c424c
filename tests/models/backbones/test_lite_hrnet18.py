from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import pfld_mm.register  # noqa: F401
from pfld_mm.core.slider.cascade import SQUARE
from pfld_mm.models.backbones.lite_hrnet18 import LiteHRNet18
from pfld_mm.models.heads.pair_verifier import PairVerifier


def network(config):
    init_default_scope('mmpose')
    model = Config.fromfile(Path(__file__).parents[3] / 'configs/_base_/models' / config).model
    return nn.Sequential(*(MODELS.build(model[part]) for part in ('backbone', 'neck', 'head')))


def count_macs(model, x):
    """Multiply-accumulates of all convolutions and matrix products for one picture."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(x)
    return counter.get_total_flops() / 2


def test_document_form_to_the_unit():
    model = network('litehrnet18.py').eval()
    parts = [sum(p.numel() for p in part.parameters()) for part in model]
    assert parts == [20_480 + 100_864 + 511_328 + 1_694_080, 653_312 + 6, 295_688]
    assert sum(parts) == 3_275_758
    assert count_macs(model, torch.rand(1, 4, 256, 512)) == pytest.approx(6.046e9, rel=1e-4)


def test_fast_form_costs_at_most_600_mmac_with_a_pair_looked_at():
    model = network('litehrnet18_fast.py').eval()
    assert sum(p.numel() for p in model.parameters()) == 426_110
    first = count_macs(model, torch.rand(1, 4, 256, 512))
    second = count_macs(PairVerifier().eval(), torch.rand(1, 6, SQUARE, SQUARE))
    assert first + 2 * second <= 0.6e9  # the pair that matches is looked at twice


@pytest.mark.parametrize('width', [0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize('size', [(32, 64), (96, 32)])
def test_shapes(width, size):
    model = LiteHRNet18(width, separable=True).eval()
    picture = torch.rand(2, 4, *size)
    *maps, passed = model(picture)
    h, w = size[0] // 4, size[1] // 4
    expected = [(2, c, h >> i, w >> i) for i, c in enumerate(model.out_channels)]
    assert [tuple(m.shape) for m in maps] == expected
    assert passed is picture


def test_a_downscaled_input_is_the_mean_of_its_pixels():
    torch.manual_seed(0)
    whole = LiteHRNet18(0.25).eval()
    model = LiteHRNet18(0.25, downscale=2).eval()
    model.load_state_dict(whole.state_dict())
    picture = torch.rand(1, 4, 128, 64)
    small = picture.unflatten(3, (32, 2)).unflatten(2, (64, 2)).mean((3, 5))
    *maps, passed = model(picture)
    torch.testing.assert_close(maps, list(whole(small)[:-1]))
    assert passed is picture
    with pytest.raises(ValueError, match='divisible by 64'):
        model(torch.rand(1, 4, 96, 64))


@pytest.mark.parametrize('shape', [(1, 3, 64, 64), (1, 4, 64, 80), (1, 4, 48, 64)])
def test_wrong_input_is_named(shape):
    with pytest.raises(ValueError, match=r'divisible by 32; found'):
        LiteHRNet18(0.25)(torch.rand(shape))


def test_wrong_width_is_named():
    with pytest.raises(ValueError, match='width_factor'):
        LiteHRNet18(0)
