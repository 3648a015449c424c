import pytest
import torch
from helpers.liven import liven

from pfld_mm.models.layers.lite_stage import LiteStage


def maps(channels, size=16):
    return [
        torch.randn(2, c, size >> i, 2 * size >> i, dtype=torch.float64)
        for i, c in enumerate(channels)
    ]


@pytest.mark.parametrize('separable', [False, True])
@pytest.mark.parametrize('channels', [(4, 6), (4, 6, 8), (4, 6, 8, 10)])
def test_a_stage_adds_a_branch_of_half_the_size(channels, separable):
    branches = maps(channels[:-1])
    out = LiteStage(channels, 2, separable).double().eval()(branches)
    lowest = (2, channels[-1], branches[-1].shape[2] // 2, branches[-1].shape[3] // 2)
    assert [tuple(x.shape) for x in out] == [*(tuple(x.shape) for x in branches), lowest]


@pytest.mark.parametrize('channels', [(4, 6), (4, 6, 8)])
def test_is_a_new_branch_then_blocks_then_a_fusion(channels):
    stage = LiteStage(channels, 2).double()
    liven(stage)
    stage.eval()
    branches = maps(channels[:-1])
    # the second stage alone passes its branch through a 1x1
    first = stage.keep(branches[0])
    assert torch.equal(first, branches[0]) == (len(channels) > 2)
    grown = [first, *branches[1:], stage.halve(branches[-1])]
    grown = [second(one(x)) for (one, second), x in zip(stage.blocks, grown, strict=True)]
    for found, expected in zip(stage(branches), stage.fusion(grown), strict=True):
        torch.testing.assert_close(found, expected)
