from __future__ import annotations

from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class CosineAngleLoss(nn.Module):
    r"""One minus the cosine of the angle's error, over the cells of a mask.

    .. math::
        L = \frac{\sum_i m_i (1 - \sin\hat\theta_i \sin\theta - \cos\hat\theta_i \cos\theta)}
                 {\sum_i m_i + 10^{-7}}

    Args:
        loss_weight: Multiplies the result.

    Example:
        >>> import torch
        >>> loss = CosineAngleLoss()
        >>> pred = torch.nn.functional.normalize(torch.randn(2, 2, 8, 16), dim=1)
        >>> loss(pred, torch.tensor([[0., 1.], [1., 0.]]), torch.ones(2, 1, 8, 16)).shape
        torch.Size([])
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            pred: (sin, cos) of unit length at every cell, (N, 2, H, W).
            target: (sin, cos) of the sample's angle, (N, 2).
            weight: Mask or weights (N, 1, H, W).

        Returns:
            A scalar in [0, 2] times the weight; 0 with a gradient of 0 where the mask is empty.
        """
        target = target.to(pred.dtype)[:, :, None, None]
        cells = 1 - (pred * target).sum(dim=1, keepdim=True)
        return self.loss_weight * (cells * weight).sum() / (weight.sum() + 1e-7)
