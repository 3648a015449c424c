import torch
import torch.nn.functional as F

from pfld_mm.models.necks.lite_fpn import LiteFPN


def maps(n=1):
    return [torch.randn(n, 4 * 2**i, 16 >> i, 32 >> i) for i in range(3)]


def test_output_has_the_top_size_and_passes_the_mask_on():
    mask = torch.rand(2, 1, 16, 32)
    out, passed = LiteFPN((4, 8, 16), 24).eval()([*maps(2), mask])
    assert out.shape == (2, 24, 16, 32)
    assert passed is mask


def test_weights_are_softplus_shares():
    fpn = LiteFPN((4, 8), 6).eval()
    with torch.no_grad():
        fpn.weights[0] = torch.tensor([2.0, -1.0])
    high, low = maps()[:2]
    own, up = fpn.laterals[0](high), fpn.smooth[1](fpn.laterals[1](low))
    up = F.interpolate(up, scale_factor=2, mode='bilinear', align_corners=False)
    a, b = F.softplus(torch.tensor(2.0)), F.softplus(torch.tensor(-1.0))
    expected = fpn.smooth[0]((a * own + b * up) / (a + b))
    torch.testing.assert_close(fpn([high, low])[0], expected)


def test_all_levels_reach_the_output():
    feats = [m.requires_grad_() for m in maps()]
    LiteFPN((4, 8, 16), 24).eval()(feats)[0].square().sum().backward()
    assert all(m.grad.abs().sum() > 0 for m in feats)
