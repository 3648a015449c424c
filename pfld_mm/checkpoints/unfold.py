from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pfld_mm.models.layers.conv_block import ConvBlock
from pfld_mm.models.layers.fuse import fold_batch_norm
from pfld_mm.models.layers.mobileone import MobileOneBlock

SMALL_GAMMA = 0.1
"""Gamma of the branches that do not carry the given kernel: they can be trained, but add little."""


class GivenConvolution(Protocol):
    """The convolution that a block must compute."""

    name: str
    weight: Tensor
    bias: Tensor


class Unfolding:
    """A forward pre-hook that gives each block, as it is first run, the next convolution.

    A block in deployed form takes kernel K and bias b as they are. In training form the branches
    but the first keep their random kernels W_j with a small gamma, their BatchNorms measured on the
    block's input; the first carries the rest: ``W_0 = K - sum_j K_j`` with
    ``gamma_0 = sqrt(var_0 + eps)``, ``beta_0 = b - sum_j b_j + mean_0``, where K_j and b_j are the
    folded branches and mean_0, var_0 the statistics of ``W_0 x``. Then the fold of all branches is
    (K, b) whatever the statistics are, and they are those of the data.

    Args:
        convolutions: In order of execution.
    """

    def __init__(self, convolutions: Sequence[GivenConvolution]) -> None:
        self._rest: Iterator[GivenConvolution] = iter(convolutions)
        self._done: set[int] = set()

    def __call__(self, block: nn.Module, inputs: tuple[Tensor]) -> None:
        """Fill the block."""
        if id(block) in self._done:
            return
        self._done.add(id(block))
        given = next(self._rest)
        if isinstance(block, MobileOneBlock):
            _fill_mobileone(block, given, inputs[0])
        else:
            assert isinstance(block, ConvBlock)
            _fill_conv_block(block, given, inputs[0])


def _fill_conv_block(block: ConvBlock, given: GivenConvolution, x: Tensor) -> None:
    bn = block._modules.get('bn')
    if bn is None:
        _copy(block.conv, given)
        return
    _check(given, block.conv.weight)
    block.conv.weight.copy_(given.weight)
    _carry(bn, block.conv(x), given.bias)


def _fill_mobileone(block: MobileOneBlock, given: GivenConvolution, x: Tensor) -> None:
    if block.reparam_conv is not None:
        _copy(block.reparam_conv, given)
        return
    first, *others = block._aligned_branches()
    conv = block.rbr_conv[0].conv
    _check(given, conv.weight)
    if block.slicing > 1:
        x = x[:, :, :: block.slicing, :: block.slicing]
    weight, bias = given.weight.clone(), given.bias.clone()
    for kernel, bn in others:
        _measure(bn, _convolve(x, kernel, conv))
        nn.init.constant_(bn.weight, SMALL_GAMMA)
        nn.init.zeros_(bn.bias)
        folded, shift = fold_batch_norm(kernel, bn)
        weight -= folded
        bias -= shift
    conv.weight.copy_(weight)
    _carry(first.bn, _convolve(x, conv.weight, conv), bias)


def _convolve(x: Tensor, kernel: Tensor, like: nn.Conv2d) -> Tensor:
    return F.conv2d(x, kernel, None, like.stride, like.padding, groups=like.groups)


def _measure(bn: nn.BatchNorm2d, y: Tensor) -> None:
    """Set the running statistics to those of the maps ``y``."""
    variance, mean = torch.var_mean(y.double(), (0, 2, 3), correction=0)
    bn.running_mean.copy_(mean)
    bn.running_var.copy_(variance)


def _carry(bn: nn.BatchNorm2d, y: Tensor, bias: Tensor) -> None:
    """Let the BatchNorm behind ``y`` add ``bias`` and nothing else, with y's own statistics."""
    _measure(bn, y)
    bn.weight.copy_((bn.running_var.double() + bn.eps).sqrt())
    bn.bias.copy_(bias + bn.running_mean.double())


def _copy(conv: nn.Conv2d, given: GivenConvolution) -> None:
    _check(given, conv.weight)
    conv.weight.copy_(given.weight)
    if conv.bias is not None:
        conv.bias.copy_(given.bias)
    elif given.bias.abs().max() > 0:
        raise ValueError(f'{given.name}: has a bias, the network has none there')


def _check(given: GivenConvolution, weight: Tensor) -> None:
    if given.weight.shape != weight.shape:
        raise ValueError(
            f'{given.name}: has a kernel of shape {tuple(given.weight.shape)}, the network one of '
            f'{tuple(weight.shape)}; give the config of the same network'
        )
