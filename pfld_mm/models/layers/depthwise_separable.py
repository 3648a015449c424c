from __future__ import annotations

from collections import OrderedDict

from torch import nn

from pfld_mm.models.layers.conv_block import ConvBlock


class DepthwiseSeparable(nn.Sequential):
    """k x k depthwise, then 1x1, each with BatchNorm and ReLU (MobileNet, arXiv 1704.04861).

    Args:
        in_channels: C_in.
        out_channels: C_out.
        stride: Of the depthwise convolution.
        kernel_size: k, odd.
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, kernel_size: int = 3
    ) -> None:
        padding = kernel_size // 2
        super().__init__(
            OrderedDict(
                depthwise=ConvBlock(
                    in_channels, in_channels, kernel_size, stride, padding, groups=in_channels
                ),
                pointwise=ConvBlock(in_channels, out_channels, 1),
            )
        )
