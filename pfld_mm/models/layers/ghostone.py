from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor, nn

from pfld_mm.models.layers.ghost import ghost_features
from pfld_mm.models.layers.mobileone import MobileOneBlock


class GhostOneModule(nn.Module):
    """A :class:`GhostModule` of two MobileOne blocks.

    Args:
        in_channels: C_in.
        out_channels: C_out.
        is_linear: True leaves the ReLUs out.
        **block: Passed to every :class:`MobileOneBlock` (``num_conv_branches``, ...).
    """

    def __init__(
        self, in_channels: int, out_channels: int, is_linear: bool = False, **block: Any
    ) -> None:
        super().__init__()
        half = math.ceil(out_channels / 2)
        self.out_channels = out_channels
        make: Callable[..., MobileOneBlock] = partial(MobileOneBlock, is_linear=is_linear, **block)
        self.primary_conv = make(in_channels, half, 1)
        self.cheap_operation = make(half, half, 3, padding=1, groups=half)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, H, W) -> (N, C_out, H, W)."""
        return ghost_features(self.primary_conv, self.cheap_operation, x, self.out_channels)


class GhostOneBottleneck(nn.Module):
    """GhostOne up, depthwise stride, linear GhostOne down, no shortcut.

    The shortcut is left out as in YOLOv7: between two re-parameterised modules it hurts.

    Args:
        in_channels: C_in.
        hidden_channels: Channels between the two modules.
        out_channels: C_out.
        stride: 1 or 2.
        **block: Passed to every :class:`MobileOneBlock`.
    """

    def __init__(
        self, in_channels: int, hidden_channels: int, out_channels: int, stride: int, **block: Any
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [GhostOneModule(in_channels, hidden_channels, **block)]
        if stride == 2:
            layers.append(
                MobileOneBlock(
                    hidden_channels,
                    hidden_channels,
                    3,
                    stride=stride,
                    padding=1,
                    groups=hidden_channels,
                    is_linear=True,
                    **block,
                )
            )
        layers.append(GhostOneModule(hidden_channels, out_channels, is_linear=True, **block))
        self.ghost_conv = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, H, W) -> (N, C_out, H / stride, W / stride)."""
        return self.ghost_conv(x)
