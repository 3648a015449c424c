from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pfld_mm.models.layers.collapse import Branch, collapse_branches
from pfld_mm.models.layers.fuse import conv_with, fold_batch_norm
from pfld_mm.models.layers.squeeze_excite import SqueezeExcite


class MobileOneBlock(nn.Module):
    """Several linear branches while training, one convolution when deployed.

    MobileOne (Vasu et al., CVPR 2023), section 3.3. Every branch ends in its own
    BatchNorm: ``num_conv_branches`` k x k convolutions, a 1x1 "scale" convolution when k > 1, a
    bare "skip" BatchNorm when the shape allows. Their sum passes an optional squeeze-excite and a
    ReLU.

    Args:
        in_channels: C_in.
        out_channels: C_out.
        kernel_size: k.
        stride: Stride of every branch.
        padding: Zero padding of the k x k branches; must be ``k // 2``, so that all branches align.
        groups: 1 (dense) or ``in_channels`` (depthwise).
        num_conv_branches: Number of k x k branches.
        is_linear: True leaves the ReLU out.
        use_se: Put a squeeze-excite before the activation.
        inference_mode: Build the deployed form directly.
        collapse: Compute all branches as one convolution, with the same results (see
            :mod:`pfld_mm.models.layers.collapse`); False computes them one after another.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
        num_conv_branches: int = 1,
        is_linear: bool = False,
        use_se: bool = False,
        inference_mode: bool = False,
        collapse: bool = True,
    ) -> None:
        super().__init__()
        if padding != kernel_size // 2:
            raise ValueError(
                f'padding must be kernel_size // 2 = {kernel_size // 2}, so that the 1x1 and skip '
                f'branches see the center of the same window; got {padding}'
            )
        self.stride = stride
        self.collapse = collapse
        self.se = SqueezeExcite(out_channels) if use_se else nn.Identity()
        self.activation = nn.Identity() if is_linear else nn.ReLU(inplace=True)
        self.reparam_conv: nn.Conv2d | None = None
        # Strided by slicing where the kernel is 1x1: torch's CPU kernel corrupts the heap in the
        # gradient of such a convolution with few channels (seen up to 2.13).
        self.slicing = stride if kernel_size == 1 else 1
        geometry = (in_channels, out_channels, kernel_size, stride // self.slicing, padding)
        if inference_mode:
            self.reparam_conv = nn.Conv2d(*geometry, groups=groups, bias=True)
            return
        self.rbr_conv = nn.ModuleList(
            _conv_bn(*geometry, groups=groups) for _ in range(num_conv_branches)
        )
        self.rbr_scale = None
        if kernel_size > 1:
            self.rbr_scale = _conv_bn(in_channels, out_channels, 1, stride, 0, groups=groups)
        self.rbr_skip = None
        if in_channels == out_channels and stride == 1:
            self.rbr_skip = nn.BatchNorm2d(in_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, H, W) -> (N, C_out, H / stride, W / stride)."""
        if self.slicing > 1:
            x = x[:, :, :: self.slicing, :: self.slicing]
        if self.reparam_conv is not None:
            out = self.reparam_conv(x)
        else:
            out = self._collapsed(x) if self.collapse else self._plain(x)
        return self.activation(self.se(out))

    def _collapsed(self, x: Tensor) -> Tensor:
        conv = self.rbr_conv[0].conv
        if x.device.type == 'cpu':
            # The CPU's convolutions, above all the depthwise ones, like this layout best.
            x = x.contiguous(memory_format=torch.channels_last)
        kernel, bias = collapse_branches(x, conv, self._aligned_branches())
        return F.conv2d(x, kernel, bias, conv.stride, conv.padding, groups=conv.groups)

    def _aligned_branches(self) -> list[Branch]:
        """All branches as k x k convolutions: scale and skip act on the center of the window."""
        branches = [Branch(branch.conv.weight, branch.bn) for branch in self.rbr_conv]
        kernel = self.rbr_conv[0].conv.weight
        center = kernel.shape[2] // 2
        if self.rbr_scale is not None:
            scale = F.pad(self.rbr_scale.conv.weight, (center,) * 4)
            branches.append(Branch(scale, self.rbr_scale.bn))
        if self.rbr_skip is not None:
            skip = identity_kernel(kernel.shape, kernel.dtype, kernel.device)
            branches.append(Branch(skip, self.rbr_skip))
        return branches

    def _plain(self, x: Tensor) -> Tensor:
        out = sum(branch(x) for branch in self.rbr_conv)
        if self.rbr_scale is not None:
            # Strided by slicing: torch's CPU kernel corrupts the heap in the weight gradient of
            # a 1x1 stride-2 convolution on 3 channels (seen up to 2.13), the stem's scale branch.
            centers = x[:, :, :: self.stride, :: self.stride]
            scale = self.rbr_scale.conv
            out = out + self.rbr_scale.bn(F.conv2d(centers, scale.weight, groups=scale.groups))
        if self.rbr_skip is not None:
            out = out + self.rbr_skip(x)
        return out

    def switch_to_deploy(self, test_cfg: dict | None = None) -> None:
        """Replace the branches by one convolution. A second call changes nothing.

        Switches to eval mode first: the running statistics are what is folded.
        """
        self.eval()
        if self.reparam_conv is not None:
            return
        kernel, bias = self._fold_branches()
        self.reparam_conv = conv_with(self.rbr_conv[0].conv, kernel, bias)
        del self.rbr_conv, self.rbr_scale, self.rbr_skip

    def _fold_branches(self) -> tuple[Tensor, Tensor]:
        """Kernel (C_out, C_in / groups, k, k) and bias (C_out,) of the summed branches, float64."""
        folded = [fold_batch_norm(kernel, bn) for kernel, bn in self._aligned_branches()]
        return sum(kernel for kernel, _ in folded), sum(bias for _, bias in folded)


@lru_cache
def identity_kernel(shape: torch.Size, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The kernel (C_out, C_in / groups, k, k) that changes nothing; shared, not to be changed."""
    kernel = torch.zeros(shape, dtype=dtype, device=device)
    identity = torch.eye(shape[1], dtype=dtype, device=device)
    kernel[:, :, shape[2] // 2, shape[3] // 2] = identity.repeat(shape[0] // shape[1], 1)
    return kernel


def _conv_bn(
    in_channels: int, out_channels: int, kernel_size: int, stride: int, padding: int, groups: int
) -> nn.Sequential:
    conv = nn.Conv2d(
        in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False
    )
    return nn.Sequential(OrderedDict(conv=conv, bn=nn.BatchNorm2d(out_channels)))
