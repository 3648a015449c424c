import pytest
import torch
from helpers.liven import liven
from torch import nn

from pfld_mm.models.layers.fuse import conv_with, fold_batch_norm

GEOMETRIES = [
    dict(kernel_size=1),
    dict(kernel_size=3, stride=2, padding=1),
    dict(kernel_size=(3, 5), padding=(1, 2), groups=4),
    dict(kernel_size=3, padding=1, groups=2),
]


@pytest.mark.parametrize('affine', [True, False])
@pytest.mark.parametrize('options', GEOMETRIES, ids=str)
def test_folded_convolution_is_convolution_and_batch_norm(options, affine):
    conv = nn.Conv2d(4, 8, **options, bias=False).double()
    bn = nn.BatchNorm2d(8, eps=1e-3, affine=affine).double()
    if affine:
        liven(bn)
    else:
        bn.running_mean.normal_()
        bn.running_var.uniform_(0.5, 2)
    x = torch.randn(2, 4, 7, 6, dtype=torch.float64)
    folded = conv_with(conv, *fold_batch_norm(conv.weight, bn))
    torch.testing.assert_close(folded(x), bn.eval()(conv(x)), rtol=0, atol=1e-12)


def test_fold_by_hand():
    bn = nn.BatchNorm2d(1, eps=1.0)
    bn.running_mean.fill_(4)
    bn.running_var.fill_(3)  # sqrt(3 + eps) = 2
    nn.init.constant_(bn.weight, 6)
    nn.init.constant_(bn.bias, 5)
    kernel, bias = fold_batch_norm(torch.full((1, 1, 1, 1), 10.0), bn)
    assert kernel.dtype == bias.dtype == torch.float64
    assert (kernel.item(), bias.item()) == (30, 5 - 6 * 4 / 2)


def test_new_convolution_keeps_the_precision_and_is_not_trained():
    conv = nn.Conv2d(2, 3, 1).half()
    new = conv_with(conv, torch.ones(3, 2, 1, 1, dtype=torch.float64), torch.ones(3))
    assert {p.dtype for p in new.parameters()} == {torch.float16}
    assert not any(p.requires_grad for p in new.parameters())


def test_without_running_statistics_there_is_nothing_to_fold():
    bn = nn.BatchNorm2d(3, track_running_stats=False)
    with pytest.raises(ValueError, match='train with track_running_stats=True'):
        fold_batch_norm(torch.ones(3, 3, 1, 1), bn)
