from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from pfld_mm.models.layers.conv_block import ConvBlock


class GhostModule(nn.Module):
    """Half of the channels by a 1x1 convolution, the rest by a 3x3 depthwise one of that half.

    GhostNet (Han et al., CVPR 2020), section 3.1. With an odd ``out_channels`` one
    channel too many is made and cut off.

    Args:
        in_channels: C_in.
        out_channels: C_out.
        is_linear: True leaves the ReLUs out.
    """

    def __init__(self, in_channels: int, out_channels: int, is_linear: bool = False) -> None:
        super().__init__()
        half = math.ceil(out_channels / 2)
        self.out_channels = out_channels
        self.primary_conv = ConvBlock(in_channels, half, 1, is_linear=is_linear)
        self.cheap_operation = ConvBlock(half, half, 3, padding=1, groups=half, is_linear=is_linear)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, H, W) -> (N, C_out, H, W)."""
        return ghost_features(self.primary_conv, self.cheap_operation, x, self.out_channels)


def ghost_features(primary: nn.Module, cheap: nn.Module, x: Tensor, out_channels: int) -> Tensor:
    """Concatenate the primary features and their cheap ghosts, (N, out_channels, H, W)."""
    features = primary(x)
    out = torch.cat([features, cheap(features)], dim=1)
    # An unneeded slice would be one more node in every exported graph.
    return out if out.shape[1] == out_channels else out[:, :out_channels]


class GhostBottleneck(nn.Module):
    """Ghost up, depthwise stride, linear ghost down, a shortcut (GhostNet, section 3.2).

    Args:
        in_channels: C_in.
        hidden_channels: Channels between the two ghost modules.
        out_channels: C_out.
        stride: 1 or 2.
    """

    def __init__(
        self, in_channels: int, hidden_channels: int, out_channels: int, stride: int
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [GhostModule(in_channels, hidden_channels)]
        if stride == 2:
            layers.append(
                ConvBlock(
                    hidden_channels,
                    hidden_channels,
                    3,
                    stride,
                    1,
                    groups=hidden_channels,
                    is_linear=True,
                )
            )
        layers.append(GhostModule(hidden_channels, out_channels, is_linear=True))
        self.ghost_conv = nn.Sequential(*layers)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                ConvBlock(
                    in_channels, in_channels, 3, stride, 1, groups=in_channels, is_linear=True
                ),
                ConvBlock(in_channels, out_channels, 1, is_linear=True),
            )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, H, W) -> (N, C_out, H / stride, W / stride)."""
        return self.ghost_conv(x) + self.shortcut(x)
