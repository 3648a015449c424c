from __future__ import annotations

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class CenterFocalLoss(nn.Module):
    r"""Focal loss of a center heatmap (CornerNet, arXiv 1808.01244, eq. 1).

    .. math::
        L = -\log(P + \epsilon) (1 - P)^\alpha \text{ where } Y \ge t, \text{ else }
            -\log(1 - P + \epsilon) P^\alpha (1 - Y)^\beta, \quad \epsilon = 10^{-7}

    Args:
        alpha: Focusing exponent.
        beta: How much the neighbourhood of a center is forgiven.
        positive_threshold: t, on the unsmoothed Y.
        smoothing: s in ``Y (1 - s) + s / 2`` for the weight of the background; 0.05 gives
            ``0.95 Y + 0.025``. It does not change which cells are positive.
        normalizer: ``'weight'`` divides by the sum of the weights,
            ``'positive'`` by the number of positives (at least 1), as CenterNet does.
        loss_weight: Multiplies the result.

    Raises:
        ValueError: If the normaliser is neither of the two.

    Example:
        >>> loss = CenterFocalLoss(normalizer='positive')
        >>> loss(torch.rand(2, 1, 8, 16), torch.rand(2, 1, 8, 16)).shape
        torch.Size([])
    """

    EPSILON = 1e-7

    def __init__(
        self,
        alpha: float = 1.5,
        beta: float = 4.0,
        positive_threshold: float = 0.9,
        smoothing: float = 0.0,
        normalizer: str = 'weight',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        if normalizer not in ('weight', 'positive'):
            raise ValueError(f"normalizer must be 'weight' or 'positive', found {normalizer!r}")
        self.alpha = alpha
        self.beta = beta
        self.positive_threshold = positive_threshold
        self.smoothing = smoothing
        self.normalizer = normalizer
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        """Compute the loss.

        Args:
            pred: Probabilities P in [0, 1], (N, 1, H, W).
            target: Y in [0, 1], the same shape.
            weight: Weights that broadcast to it, 0 = does not count. Defaults to 1 everywhere.

        Returns:
            A scalar; 0 with a gradient of 0 where all weights are 0.
        """
        cells = self.per_cell(pred, target)
        weight = torch.ones_like(cells) if weight is None else weight.expand_as(cells)
        if self.normalizer == 'weight':
            count = weight.sum() + self.EPSILON
        else:
            count = ((target >= self.positive_threshold) * weight).sum().clamp(min=1)
        return self.loss_weight * (cells * weight).sum() / count

    def per_cell(self, pred: Tensor, target: Tensor) -> Tensor:
        """The loss of each cell, in the shape of ``pred``, at least in float32."""
        if pred.dtype in (torch.float16, torch.bfloat16):
            pred = pred.float()  # 1e-7 is nothing in half precision
        target = target.to(pred.dtype)
        smoothed = target * (1 - self.smoothing) + self.smoothing / 2
        positive = -(pred + self.EPSILON).log() * (1 - pred) ** self.alpha
        negative = -(1 - pred + self.EPSILON).log() * pred**self.alpha
        negative = negative * (1 - smoothed) ** self.beta
        return torch.where(target >= self.positive_threshold, positive, negative)
