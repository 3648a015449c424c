from __future__ import annotations

from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss


@MODELS.register_module()
class MaskedSmoothL1Loss(nn.Module):
    r"""Smooth-L1 over the cells of a mask.

    .. math::
        L = \frac{\sum_i m_i \sum_c s(p_{ic} - t_{ic})}{\sum_i m_i + 10^{-7}}, \quad
        s(d) = \begin{cases} d^2 / 2\beta & |d| < \beta \\ |d| - \beta / 2 \end{cases}

    Args:
        beta: Where the parabola ends; 1 is Fast R-CNN's smooth L1.
        loss_weight: Multiplies the result.

    Example:
        >>> import torch
        >>> loss = MaskedSmoothL1Loss()
        >>> mask = torch.rand(2, 1, 8, 16) > 0.9
        >>> loss(torch.rand(2, 2, 8, 16), torch.rand(2, 2, 8, 16), mask).shape
        torch.Size([])
    """

    def __init__(self, beta: float = 1.0, loss_weight: float = 1.0) -> None:
        super().__init__()
        if beta <= 0:
            raise ValueError(f'beta must be positive, found {beta}')
        self.beta = beta
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            pred: Offsets (N, C, H, W).
            target: The same shape.
            weight: Mask or weights (N, 1, H, W).

        Returns:
            A scalar; 0 with a gradient of 0 where the mask is empty.
        """
        cells = smooth_l1_loss(pred, target.to(pred.dtype), reduction='none', beta=self.beta)
        total = (cells * weight).sum()
        return self.loss_weight * total / (weight.sum() + 1e-7)
