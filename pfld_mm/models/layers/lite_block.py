from __future__ import annotations

from torch import Tensor, nn

from pfld_mm.models.layers.conv_block import ConvBlock

SILU = dict(type='SiLU', inplace=True)
"""The default activation."""
RELU = dict(type='ReLU', inplace=True)


def activation(act_cfg: dict) -> nn.Module:
    """An activation of torch by its class name, as in mmcv's configs: ``dict(type='SiLU')``."""
    options = dict(act_cfg)
    return getattr(nn, options.pop('type'))(**options)


def conv_act(
    in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, act_cfg: dict = SILU
) -> nn.Module:
    """Convolution without bias, BatchNorm, activation; padded so that stride 1 keeps the size."""
    conv = ConvBlock(
        in_channels, out_channels, kernel_size, stride, kernel_size // 2, is_linear=True
    )
    return nn.Sequential(conv, activation(act_cfg))


def depthwise(channels: int, stride: int = 1) -> ConvBlock:
    """Depthwise 3x3 convolution and BatchNorm, no activation."""
    return ConvBlock(channels, channels, 3, stride, 1, groups=channels, is_linear=True)


def pointwise(in_channels: int, out_channels: int) -> ConvBlock:
    """1x1 convolution and BatchNorm, no activation."""
    return ConvBlock(in_channels, out_channels, 1, is_linear=True)


def separable_act(
    in_channels: int, out_channels: int, stride: int = 1, act_cfg: dict = SILU
) -> nn.Module:
    """Depthwise 3x3, BatchNorm, 1x1, BatchNorm, activation."""
    return nn.Sequential(
        depthwise(in_channels, stride),
        pointwise(in_channels, out_channels),
        activation(act_cfg),
    )


def smooth(channels: int, separable: bool, act_cfg: dict = SILU) -> nn.Module:
    """The 3x3 BN activation that follows a sum of maps; separable: depthwise 3x3, then 1x1."""
    if separable:
        return separable_act(channels, channels, act_cfg=act_cfg)
    return conv_act(channels, channels, 3, act_cfg=act_cfg)


class LiteBlock(nn.Module):
    """Inverted residual with expansion 2, the block of Lite-HRNet-18 here.

    ``x + BN(1x1(SiLU(BN(dw3x3(SiLU(BN(1x1(x))))))))``; C -> 2C -> 2C -> C, the size is kept.

    Args:
        channels: C, of input and output.
        act_cfg: Config of the activation; SiLU by default.
    """

    def __init__(self, channels: int, act_cfg: dict = SILU) -> None:
        super().__init__()
        hidden = 2 * channels
        self.expand = conv_act(channels, hidden, 1, act_cfg=act_cfg)
        self.depthwise = nn.Sequential(depthwise(hidden), activation(act_cfg))
        self.project = pointwise(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, H, W)."""
        return x + self.project(self.depthwise(self.expand(x)))
