from __future__ import annotations

from torch import Tensor, nn

from pfld_mm.models.layers.conv_block import ConvBlock


def conv_silu(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> nn.Module:
    """Convolution without bias, BatchNorm, SiLU; padded so that stride 1 keeps the size."""
    conv = ConvBlock(
        in_channels, out_channels, kernel_size, stride, kernel_size // 2, is_linear=True
    )
    return nn.Sequential(conv, nn.SiLU(inplace=True))


def depthwise(channels: int, stride: int = 1) -> ConvBlock:
    """Depthwise 3x3 convolution and BatchNorm, no activation."""
    return ConvBlock(channels, channels, 3, stride, 1, groups=channels, is_linear=True)


def pointwise(in_channels: int, out_channels: int) -> ConvBlock:
    """1x1 convolution and BatchNorm, no activation."""
    return ConvBlock(in_channels, out_channels, 1, is_linear=True)


def smooth(channels: int, separable: bool) -> nn.Module:
    """The 3x3 BN SiLU that follows a sum of maps; separable: depthwise 3x3, then 1x1."""
    if separable:
        layers = (depthwise(channels), pointwise(channels, channels), nn.SiLU(inplace=True))
        return nn.Sequential(*layers)
    return conv_silu(channels, channels, 3)


class LiteBlock(nn.Module):
    """Inverted residual with SiLU and expansion 2 (DESIGN of Lite-HRNet-18, LiteBlock).

    ``x + BN(1x1(SiLU(BN(dw3x3(SiLU(BN(1x1(x))))))))``; C -> 2C -> 2C -> C, the size is kept.

    Args:
        channels: C, of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = 2 * channels
        self.expand = conv_silu(channels, hidden, 1)
        self.depthwise = nn.Sequential(depthwise(hidden), nn.SiLU(inplace=True))
        self.project = pointwise(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, H, W)."""
        return x + self.project(self.depthwise(self.expand(x)))
