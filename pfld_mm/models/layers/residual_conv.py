from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from pfld_mm.models.layers.conv_block import ConvBlock


class ResidualConv(nn.Module):
    """``ReLU(x + BN(3x3(x)))``, (N, C, H, W) to the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = ConvBlock(channels, channels, 3, 1, 1, is_linear=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, H, W)."""
        return F.relu(x + self.block(x))
