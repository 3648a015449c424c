import torch
from torch.nn import functional as F

from pfld_mm.models.layers.lite_fusion import LiteFusion


def test_a_branch_is_the_smoothed_sum_of_all():
    fusion = LiteFusion((3, 4)).double().eval()
    high, low = torch.randn(1, 3, 6, 8).double(), torch.randn(1, 4, 3, 4).double()
    project, (halve, lower) = fusion.paths[0][1][1], fusion.paths[1][0]
    up = F.interpolate(low, scale_factor=2, mode='bilinear')
    sums = high + project(up), lower(halve(high)) + low
    for found, smooth, total in zip(fusion((high, low)), fusion.smooth, sums, strict=True):
        torch.testing.assert_close(found, smooth(total))


def test_fusion_sends_every_branch_to_every_other():
    fusion = LiteFusion((4, 8, 16)).eval()
    maps = [torch.randn(1, 4 * 2**i, 16 >> i, 32 >> i, requires_grad=True) for i in range(3)]
    fused = fusion(maps)
    assert [m.shape for m in fused] == [m.shape for m in maps]
    for target in fused:
        grads = torch.autograd.grad(target.square().sum(), maps, retain_graph=True)
        assert all(g.abs().sum() > 0 for g in grads)


def test_fast_fusion_is_the_same_function_up_to_the_smoothing():
    torch.manual_seed(0)
    plain, fast = LiteFusion((4, 8)).eval(), LiteFusion((4, 8), separable=True).eval()
    enlarge, project = plain.paths[0][1]
    fast.paths[0][1][0].load_state_dict(project.state_dict())
    x = torch.randn(1, 8, 6, 9)
    torch.testing.assert_close(fast.paths[0][1](x), project(enlarge(x)))
