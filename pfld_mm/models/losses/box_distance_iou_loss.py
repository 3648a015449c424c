from __future__ import annotations

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class BoxDistanceIoULoss(nn.Module):
    r"""Generalized IoU (arXiv 1902.09630, eq. 2) of boxes given as log distances from a cell.

    .. math::
        L = \frac{\sum_i w_i (1 - \mathrm{GIoU}_i)}{\max(\sum_i w_i, 1)}

    Args:
        loss_weight: Multiplies the result.

    Example:
        >>> loss = BoxDistanceIoULoss()
        >>> loss(torch.rand(2, 4, 8, 8), torch.rand(2, 4, 8, 8), torch.rand(2, 1, 8, 8)).shape
        torch.Size([])
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            pred: Log distances to left, top, right, bottom (N, 4, h, w).
            target: The same shape.
            weight: (N, 1, h, w).

        Returns:
            A scalar; 0 with a gradient of 0 where all weights are 0.
        """
        weight = weight[:, 0]
        pred, target = pred.float().clamp(max=8).exp(), target.exp()
        low, high = torch.minimum(pred, target), torch.maximum(pred, target)
        common = (low[:, 0] + low[:, 2]) * (low[:, 1] + low[:, 3])
        hull = (high[:, 0] + high[:, 2]) * (high[:, 1] + high[:, 3])
        areas = [(d[:, 0] + d[:, 2]) * (d[:, 1] + d[:, 3]) for d in (pred, target)]
        union = areas[0] + areas[1] - common
        giou = common / union - (hull - union) / hull
        return self.loss_weight * ((1 - giou) * weight).sum() / weight.sum().clamp(min=1)
