import torch

from pfld_mm.models.necks.multi_scale_pool import MultiScalePool


def maps():
    generator = torch.Generator().manual_seed(0)
    return [
        torch.rand(2, c, s, s + 1, generator=generator) for c, s in ((3, 8), (5, 4), (7, 2))
    ] + [torch.rand(2, 2, 1, 1, generator=generator)]


def test_means_of_the_chosen_maps_in_order():
    feats = maps()
    (vector,) = MultiScalePool(pooled=(1, 3))(feats)
    expected = torch.cat([feats[1].mean((2, 3)), feats[3].flatten(1)], 1)
    torch.testing.assert_close(vector.flatten(1), expected)


def test_the_auxiliary_map_comes_first_and_untouched():
    feats = maps()
    auxiliary, vector = MultiScalePool(pooled=(1, 2, 3), auxiliary=0)(feats)
    assert auxiliary is feats[0]
    assert vector.shape == (2, 14, 1, 1)
