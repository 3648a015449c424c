from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GRID, STEP = 5, 5
"""The piece is compared at 5 x 5 places around its center, 5 cells apart: +- 40 px of the input."""
REACH = GRID // 2 * STEP
MIN_SCORE_SUM = 0.01
"""Added to the sum of the weights, so that a piece counts in proportion to its scores."""


class PieceMatcher(nn.Module):
    """Correlates the piece with every position of the map, to find gaps of the same shape.

    The features around the piece's center, on a grid, become a kernel (the queries), and the
    map is correlated with it (the keys), as a template with the search image in SiamFC (Bertinetto
    et al., arXiv 1606.09549); the result is added to the gap's logits. So the piece is compared
    with gaps at any distance, and a decoy of another shape or size can lose. The kernel is
    attended, not cropped, so that the whole is one differentiable graph of static shape. The last
    layer of the queries starts at zero: a head trained without a matcher can be continued.

    Args:
        in_channels: C, of the neck's map.
        channels: Of queries and keys.
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        # 1x1 convolutions: the 25 queries are kept as a map of 5 x 5
        self.query = nn.Sequential(
            nn.Conv2d(in_channels, channels, 1), nn.ReLU(), nn.Conv2d(channels, channels, 1)
        )
        self.key = nn.Sequential(nn.Conv2d(in_channels, channels, 1), nn.ReLU())
        nn.init.zeros_(self.query[-1].weight)
        nn.init.zeros_(self.query[-1].bias)
        self.scale = (channels * GRID**2) ** -0.5
        places = torch.eye(GRID**2).view(GRID**2, 1, GRID, GRID)
        self.register_buffer('apart', places, persistent=False)

    def forward(self, x: Tensor, piece: Tensor) -> Tensor:
        """Compute what is added to the gap's logits.

        Args:
            x: The neck's map, (N, C, h, w).
            piece: The piece's scores in [0, 1], (N, 1, h, w), 0 in the padding.

        Returns:
            (N, 1, h, w). An image without a piece is matched with features of 0.
        """
        queries = self.query(self._around(x, piece))
        columns_first = queries.transpose(2, 3).flatten(2).transpose(1, 2)
        products = columns_first @ _rows(self.key(x)).transpose(1, 2)
        return self.scale * self._together(products.reshape(-1, GRID**2, *x.shape[2:]))

    def _around(self, x: Tensor, piece: Tensor) -> Tensor:
        """Features (N, C, 5, 5) around the piece: place d of the grid holds x(center - d)."""
        # detached: the gap's loss must not move the piece; a product, as ncnn's pow is not safe
        squared = piece.detach().square()
        weights = squared * squared  # the peak, not its surroundings
        # sums as means: pnnx mistakes the axes of sums
        found = weights.flatten(2).mean(2, keepdim=True) * weights[0].numel()
        apart = F.conv2d(weights, self.apart.to(x.dtype), padding=REACH, dilation=STEP)
        weights = apart.flatten(2)
        features = weights @ _rows(x) / (found + MIN_SCORE_SUM)
        return features.transpose(1, 2).reshape(-1, x.shape[1], GRID, GRID)

    @staticmethod
    def _together(products: Tensor) -> Tensor:
        """Sum the grid's products (N, 25, h, w), each moved to the center: (N, 1, h, w)."""
        height, width = products.shape[2:]
        padded = F.pad(products, [REACH] * 4)
        starts = range(2 * REACH, -1, -STEP)
        rows = sum(
            padded[:, GRID * j : GRID * (j + 1), :, start : start + width]
            for j, start in enumerate(starts)
        )
        return sum(rows[:, i : i + 1, start : start + height] for i, start in enumerate(starts))


def _rows(maps: Tensor) -> Tensor:
    """(N, C, h, w) to (N, h * w, C): maps that lie in memory channels last are not moved."""
    return maps.permute(0, 2, 3, 1).flatten(1, 2)
