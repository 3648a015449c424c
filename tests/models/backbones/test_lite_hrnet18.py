from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch.utils.flop_counter import FlopCounterMode

import pfld_mm.register  # noqa: F401
from pfld_mm.models.backbones.lite_hrnet18 import LiteHRNet18
from pfld_mm.models.heads.pair_verifier import PairVerifier


def network(config):
    init_default_scope('mmpose')
    model = Config.fromfile(Path(__file__).parents[3] / 'configs/_base_/models' / config).model
    return MODELS.build(model)


def count_macs(model, x):
    """Multiply-accumulates of all convolutions and matrix products for one image."""
    forward = model._forward if hasattr(model, '_forward') else model
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        forward(x)
    return counter.get_total_flops() / 2


def test_one_stage_form_to_the_unit():
    model = network('litehrnet18.py').eval()
    modules = (model.backbone, model.neck, model.head)
    parts = [sum(p.numel() for p in part.parameters()) for part in modules]
    assert parts == [20_480 + 100_864 + 511_328 + 1_694_080, 653_312 + 6, 295_688]
    assert sum(parts) == 3_275_758
    assert count_macs(model, torch.rand(1, 4, 256, 512)) == pytest.approx(6.046e9, rel=1e-4)


def test_fast_form_costs_at_most_700_mmac_with_a_sure_match():
    model = network('litehrnet18_fast.py').eval()
    assert sum(p.numel() for p in model.parameters()) == 426_110
    proposal = count_macs(model, torch.rand(1, 4, 256, 512))
    pair = count_macs(PairVerifier().eval(), torch.rand(1, 6, 160, 160))
    assert proposal + 3 * pair <= 0.7e9  # judged once, measured in two views


@pytest.mark.parametrize('width', [0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize('size', [(32, 64), (96, 32)])
def test_shapes(width, size):
    model = LiteHRNet18(width, separable=True).eval()
    maps = model(torch.rand(2, 4, *size))
    h, w = size[0] // 4, size[1] // 4
    expected = [(2, c, h >> i, w >> i) for i, c in enumerate(model.out_channels)]
    assert [tuple(m.shape) for m in maps] == expected


def test_a_downscaled_input_is_the_mean_of_its_pixels():
    torch.manual_seed(0)
    whole = LiteHRNet18(0.25).eval()
    model = LiteHRNet18(0.25, downscale=2).eval()
    model.load_state_dict(whole.state_dict())
    image = torch.rand(1, 4, 128, 64)
    small = image.unflatten(3, (32, 2)).unflatten(2, (64, 2)).mean((3, 5))
    torch.testing.assert_close(model(image), whole(small))
    with pytest.raises(ValueError, match='divisible by 64'):
        model(torch.rand(1, 4, 96, 64))


@pytest.mark.parametrize('shape', [(1, 3, 64, 64), (1, 4, 64, 80), (1, 4, 48, 64)])
def test_wrong_input_is_named(shape):
    with pytest.raises(ValueError, match=r'divisible by 32; found'):
        LiteHRNet18(0.25)(torch.rand(shape))


def test_wrong_width_is_named():
    with pytest.raises(ValueError, match='width_factor'):
        LiteHRNet18(0)
