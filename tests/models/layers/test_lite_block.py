import torch
from torch import nn

from pfld_mm.models.layers.lite_block import LiteBlock, activation, smooth
from pfld_mm.models.layers.lite_fusion import LiteFusion


def test_block_adds_its_input():
    block = LiteBlock(8).eval()
    nn.init.zeros_(block.project.bn.weight)
    x = torch.randn(2, 8, 5, 7)
    assert torch.equal(block(x), x)


def test_block_has_the_documents_parameters():
    c = 32
    expected = 2 * c * c * 2 + 9 * 2 * c + 2 * (2 * c + 2 * c + c)
    assert sum(p.numel() for p in LiteBlock(c).parameters()) == expected


def test_separable_smoothing_is_an_eighth_of_the_weights():
    dense, separable = (
        sum(p.numel() for m in smooth(64, s).modules() if isinstance(m, nn.Conv2d)
            for p in m.parameters())
        for s in (False, True)
    )  # fmt: skip
    assert dense == 9 * 64 * 64
    assert separable == 9 * 64 + 64 * 64


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


def test_activations_are_torchs_by_name():
    relu = activation(dict(type='ReLU', inplace=True))
    assert isinstance(relu, nn.ReLU)
    assert relu.inplace
