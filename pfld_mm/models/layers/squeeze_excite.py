from __future__ import annotations

from torch import Tensor, nn


class SqueezeExcite(nn.Module):
    """``x * sigmoid(expand(relu(reduce(mean(x)))))`` (Hu et al., CVPR 2018, eq. 2 to 4).

    Args:
        channels: C.
        ratio: Hidden channels are ``max(1, int(channels * ratio))``; 1/16 as in MobileOne.
    """

    def __init__(self, channels: int, ratio: float = 0.0625) -> None:
        super().__init__()
        hidden = max(1, int(channels * ratio))
        self.reduce = nn.Conv2d(channels, hidden, 1)
        self.expand = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        gate = self.reduce(x.mean((2, 3), keepdim=True)).relu()
        return x * self.expand(gate).sigmoid()
