from __future__ import annotations

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class CenterSoftmaxLoss(nn.Module):
    r"""Cross entropy over the places of a heatmap: which one of all cells is the center?

    .. math::
        L = -\sum_i q_i \log \frac{e^{z_i}}{\sum_j e^{z_j}}, \quad
        q_i = \frac{Y_i^s}{\sum_j Y_j^s}

    with logits z and the sums over the cells that count, averaged over the samples that have
    any, less its smallest value, the entropy of q. If an image has exactly one center, this is what
    the decoder needs: the highest cell. The focal loss judges each cell separately. A companion of
    :class:`CenterFocalLoss`.

    Args:
        sharpness: s; 4 halves the Gaussian's sigma.
        loss_weight: Multiplies the result.

    Example:
        >>> loss = CenterSoftmaxLoss()
        >>> loss(torch.randn(2, 1, 8, 16), torch.rand(2, 1, 8, 16)).shape
        torch.Size([])
    """

    def __init__(self, sharpness: float = 4.0, loss_weight: float = 1.0) -> None:
        super().__init__()
        if sharpness <= 0:
            raise ValueError(f'sharpness must be positive, found {sharpness}')
        self.sharpness = sharpness
        self.loss_weight = loss_weight

    def forward(self, logits: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        """Compute the loss.

        Args:
            logits: Heat before the sigmoid, (N, 1, H, W).
            target: Y in [0, 1], the same shape.
            weight: Weights that broadcast to it; cells with 0 do not take part, a sample
                without any other cell does not count. Defaults to 1 everywhere.

        Returns:
            A scalar; 0 with a gradient of 0 where no sample counts.
        """
        weight = torch.ones_like(target) if weight is None else weight.expand_as(target)
        takes_part = (weight > 0).flatten(1)
        q = target.flatten(1) ** self.sharpness * takes_part
        q = q / q.sum(1, keepdim=True).clamp(min=1e-7)
        # a finite number: 0 * -inf would be NaN in the samples that do not count
        log_p = logits.flatten(1).masked_fill(~takes_part, -1e4).log_softmax(1)
        divergence = (torch.xlogy(q, q) - q * log_p).sum(1)
        counts = takes_part.any(1)
        return self.loss_weight * (divergence * counts).sum() / counts.sum().clamp(min=1)
