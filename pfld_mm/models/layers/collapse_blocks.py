"""The exact collapse for the multi-branch blocks of other libraries, in place.

timm's ``MobileOneBlock`` and ``RepVggBlock`` train as this project's blocks do: several
convolutions, each with its own BatchNorm, summed. :func:`collapse_` makes them compute all branches
as one convolution (see :mod:`pfld_mm.models.layers.collapse`). Needs torch alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pfld_mm.models.layers.collapse import Branch, collapse_branches
from pfld_mm.models.layers.mobileone import MobileOneBlock, identity_kernel


def collapse_(module: nn.Module) -> nn.Module:
    """Let every multi-branch block in ``module`` compute its branches as one convolution.

    Outputs, gradients and running statistics stay the same up to rounding; names of parameters
    and buffers stay the same exactly, so checkpoints fit before and after. Blocks of timm
    (``MobileOneBlock``, ``RepVggBlock``) and of this project are known. A block with something
    between its branches and their sum (drop path, drop block, another activation) is left as it is.

    Args:
        module: Changed in place.

    Returns:
        ``module``.

    Raises:
        ValueError: If it holds no block that can be collapsed.

    Example:
        >>> import torch
        >>> from pfld_mm.models.layers.mobileone import MobileOneBlock
        >>> block = MobileOneBlock(8, 8, 3, padding=1, groups=8, collapse=False)
        >>> collapse_(block).collapse
        True
    """
    count = 0
    for block in module.modules():
        if isinstance(block, MobileOneBlock):
            block.collapse = True
        elif _is_multi_branch(block):
            block.__class__ = _collapsed_class(block.__class__)
        else:
            continue
        count += 1
    if count == 0:
        raise ValueError(
            f'{type(module).__name__} holds no multi-branch block of timm (MobileOneBlock, '
            'RepVggBlock in its training form, without drop path) or of pfld_mm to collapse'
        )
    return module


def _is_multi_branch(block: nn.Module) -> bool:
    """Whether a block is the sum of convolutions with BatchNorm, as timm writes it."""
    if not hasattr(block, 'conv_kxk') or not hasattr(block, 'reparam_conv'):
        return False
    if block.reparam_conv is not None or not isinstance(block.drop_path, nn.Identity):
        return False
    convs = list(_conv_norms(block))
    size = convs[0].conv.kernel_size[0]
    return all(_is_plain_norm(norm) for norm in _norms(block)) and all(
        conv.conv.bias is None
        and conv.conv.dilation == (1, 1)
        and conv.conv.kernel_size in ((1, 1), (size, size))
        and conv.conv.padding == (conv.conv.kernel_size[0] // 2,) * 2
        for conv in convs
    )


def _is_plain_norm(norm: nn.Module) -> bool:
    """Whether it is a BatchNorm with nothing behind it (timm puts drop and activation there)."""
    rest = (getattr(norm, 'drop', None), getattr(norm, 'act', None))
    is_plain = all(part is None or isinstance(part, nn.Identity) for part in rest)
    return isinstance(norm, nn.BatchNorm2d | nn.SyncBatchNorm) and is_plain


def _conv_norms(block: nn.Module) -> Iterator[nn.Module]:
    """The k x k branches, then the 1x1 branch, each with ``conv`` and ``bn``."""
    convs = block.conv_kxk
    yield from convs if isinstance(convs, nn.ModuleList) else [convs]
    scale = getattr(block, 'conv_scale', None) or getattr(block, 'conv_1x1', None)
    if scale is not None:
        yield scale


def _norms(block: nn.Module) -> Iterator[nn.Module]:
    yield from (conv.bn for conv in _conv_norms(block))
    if block.identity is not None:
        yield block.identity


@cache
def _collapsed_class(cls: type[nn.Module]) -> type[nn.Module]:
    """A subclass of the block's class: what it can do otherwise (reparameterize) it still can."""
    return type(cls.__name__, (_Collapsed, cls), {'__module__': cls.__module__})


class _Collapsed(nn.Module):
    """Replaces the forward pass of a timm block."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, H, W) -> (N, C_out, H / stride, W / stride)."""
        if self.reparam_conv is not None:
            return super().forward(x)
        first = next(_conv_norms(self)).conv
        step = first.stride[0] if first.kernel_size == (1, 1) else 1
        if step > 1:  # a strided 1x1 convolution sees these pixels alone
            x = x[:, :, ::step, ::step]
        if x.device.type == 'cpu':
            x = x.contiguous(memory_format=torch.channels_last)
        geometry = SimpleNamespace(
            in_channels=first.in_channels,
            kernel_size=first.kernel_size,
            stride=(first.stride[0] // step,) * 2,
            padding=first.padding,
            groups=first.groups,
        )
        kernel, bias = collapse_branches(x, geometry, self._aligned_branches())
        out = F.conv2d(x, kernel, bias, geometry.stride, first.padding, groups=first.groups)
        return self.act(self.attn(out))

    def _aligned_branches(self) -> list[Branch]:
        """All branches with kernels of one size: 1x1 and identity act on the window's center."""
        convs = list(_conv_norms(self))
        kernel = convs[0].conv.weight
        branches = []
        for conv in convs:
            margin = (kernel.shape[2] - conv.conv.weight.shape[2]) // 2
            branches.append(Branch(F.pad(conv.conv.weight, (margin,) * 4), conv.bn))
        if self.identity is not None:
            same = identity_kernel(kernel.shape, kernel.dtype, kernel.device)
            branches.append(Branch(same, self.identity))
        return branches
