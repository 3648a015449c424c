import pytest
import torch
import torch.nn.functional as F

from pfld_mm.models.necks.lite_fpn import LiteFPN


def maps(n=1):
    return [torch.randn(n, 4 * 2**i, 16 >> i, 32 >> i) for i in range(3)]


def test_output_has_the_top_size():
    (out,) = LiteFPN((4, 8, 16), 24).eval()(maps(2))
    assert out.shape == (2, 24, 16, 32)


def test_more_maps_than_laterals_are_refused():
    with pytest.raises(ValueError, match=r'longer|shorter'):
        LiteFPN((4, 8), 24)(maps())


def test_weights_are_softplus_ratios():
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


def lively(fpn):
    """Weights of every sign, statistics of their own."""
    with torch.no_grad():
        fpn.weights.normal_()
    for _ in range(3):
        fpn.train()(maps(2))
    return fpn.eval()


@pytest.mark.parametrize('separable', [False, True])
def test_deployed_sums_have_no_weights(separable):
    torch.manual_seed(0)
    fpn = lively(LiteFPN((4, 8, 16), 24, separable, act_cfg=dict(type='ReLU')))
    feats = maps(2)
    expected = fpn(feats)[0]
    for _ in range(2):
        fpn.switch_to_deploy()
    assert fpn.weights is None
    torch.testing.assert_close(fpn(feats)[0], expected, atol=1e-5, rtol=1e-5)
    assert expected.std() > 0.01


def test_silu_lets_no_factor_pass():
    fpn = lively(LiteFPN((4, 8, 16), 24))
    feats = maps(2)
    expected = fpn(feats)[0]
    fpn.switch_to_deploy()
    torch.testing.assert_close(fpn(feats)[0], expected)
