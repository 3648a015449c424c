from __future__ import annotations

import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class HardNegativeRankingLoss(nn.Module):
    r"""The true gap must score higher than every decoy, by a margin.

    .. math::
        L = \frac{1}{N'} \sum_n \frac{1}{K_n} \sum_k \max(0, m - s_n + s_{nk})

    over the N' samples that have decoys that count. Scores are read bilinearly from the heatmap
    at continuous places.

    Args:
        margin: m.
        loss_weight: Multiplies the result.

    Example:
        >>> loss = HardNegativeRankingLoss()
        >>> decoys = torch.tensor([[[3.5, 2.0], [9.0, 6.5]]])
        >>> loss(torch.rand(1, 1, 8, 16), torch.tensor([[5.0, 4.0]]), decoys).shape
        torch.Size([])
    """

    def __init__(self, margin: float = 0.25, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.margin = margin
        self.loss_weight = loss_weight

    def forward(
        self,
        heatmap: Tensor,
        centers: Tensor,
        decoys: Tensor,
        decoy_weights: Tensor | None = None,
    ) -> Tensor:
        """Compute the loss.

        Args:
            heatmap: Scores (N, 1, H, W).
            centers: True centers (u, v) in cells, (N, 2); cell (i, j) is centerd at
                (j + 0.5, i + 0.5).
            decoys: Centers of the decoys in cells, (N, K, 2); K may be 0.
            decoy_weights: (N, K), a decoy counts where it is positive. Defaults to all.

        Returns:
            A scalar; 0 with a gradient of 0 where no decoy counts.
        """
        if decoy_weights is None:
            decoy_weights = torch.ones_like(decoys[..., 0])
        counts = (decoy_weights > 0).to(heatmap.dtype)
        scores = read_bilinear(heatmap, torch.cat([centers[:, None], decoys], dim=1))
        hinge = F.relu(self.margin - scores[:, :1] + scores[:, 1:])
        per_sample = (hinge * counts).sum(dim=1) / counts.sum(dim=1).clamp(min=1)
        samples = (counts.sum(dim=1) > 0).sum().clamp(min=1)
        return self.loss_weight * per_sample.sum() / samples


def read_bilinear(maps: Tensor, points: Tensor) -> Tensor:
    """Read (N, 1, H, W) maps at continuous places (u, v), (N, K, 2) in cells; give (N, K).

    The border's value is continued outwards, so that half a cell from the edge is not darker.
    """
    size = points.new_tensor([maps.shape[3], maps.shape[2]])
    grid = (2 * points / size - 1)[:, None].to(maps.dtype)
    read = F.grid_sample(maps, grid, padding_mode='border', align_corners=False)
    return read[:, 0, 0]
