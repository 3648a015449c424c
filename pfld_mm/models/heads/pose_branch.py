from __future__ import annotations

from torch import Tensor, nn

from pfld_mm.models.layers.conv_block import ConvBlock


class PoseBranch(nn.Module):
    """PFLD's auxiliary network: Euler angles from the stride-4 feature (paper, table 2).

    Args:
        in_channels: Channels of the stride-4 feature.
        input_size: (w, h) of the network's input in pixels, multiples of 16.
    """

    def __init__(self, in_channels: int, input_size: tuple[int, int]) -> None:
        super().__init__()
        w, h = input_size
        self.convs = nn.Sequential(
            ConvBlock(in_channels, 128, 3, 2, 1),
            ConvBlock(128, 128, 3, 1, 1),
            ConvBlock(128, 32, 3, 2, 1),
            ConvBlock(32, 128, (h // 16, w // 16)),
        )
        self.fc = nn.Sequential(nn.Linear(128, 32), nn.ReLU(inplace=True), nn.Linear(32, 3))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, h / 4, w / 4) -> yaw, pitch, roll (N, 3) in radians."""
        return self.fc(self.convs(x).flatten(1))
