from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class EdgeProfile(nn.Module):
    """Distributions of four positions along one axis: low and high edge of piece and of gap.

    Mean and maximum over the other axis turn the map into a row of features: the maximum of the
    masks is where the shapes end. Three 1-D convolutions, the first with a vector of the whole
    crop added, give the logits of the bins.

    Args:
        channels: Of the map.
        hidden_channels: Of the row's features.
        bins: B, rows and columns of the map.
    """

    def __init__(self, channels: int, hidden_channels: int, bins: int) -> None:
        super().__init__()
        self.bins = bins
        self.first = nn.Conv1d(2 * channels, hidden_channels, 5, padding=2)
        self.second = nn.Conv1d(hidden_channels, hidden_channels, 5, padding=2)
        self.logits = nn.Conv1d(hidden_channels, 4, 3, padding=1)

    def forward(self, x: Tensor, context: Tensor, pooled_dim: int) -> Tensor:
        """Compute the logits.

        Args:
            x: Map (N, C, B, B).
            context: (N, hidden_channels), added to every bin's features.
            pooled_dim: The axis that is pooled, 2 (edges along x) or 3 (along y).

        Returns:
            (N, 4, B).
        """
        window = (self.bins, 1) if pooled_dim == 2 else (1, self.bins)
        # pooling keeps channels_last in the backward pass, where mean and amax would not
        pooled = torch.cat([F.avg_pool2d(x, window), F.max_pool2d(x, window)], dim=1)
        context = context.reshape(-1, self.first.out_channels, 1, 1)
        row = F.relu(_along(pooled, self.first, pooled_dim) + context)
        row = F.relu(_along(row, self.second, pooled_dim))
        return _along(row, self.logits, pooled_dim).reshape(-1, 4, self.bins)


def _along(x: Tensor, conv: nn.Conv1d, pooled_dim: int) -> Tensor:
    """A 1-D convolution on a map of one row or column, which OpenCV's DNN reads as a 2-D one."""
    (padding,) = conv.padding
    return F.conv2d(
        x,
        conv.weight.unsqueeze(pooled_dim),
        conv.bias,
        padding=(0, padding) if pooled_dim == 2 else (padding, 0),
    )
