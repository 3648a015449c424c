from __future__ import annotations

from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class EdgeDistributionLoss(nn.Module):
    r"""Cross-entropy of a distribution over bins with the two bins beside the true place.

    The distribution focal loss of Generalized Focal Loss (Li et al., 2020, eq. 6) for places
    along an axis: bin :math:`i` is centerd at :math:`(i + 1/2)\,s`, and a place
    :math:`y = (i + 1/2 + t)\,s` with :math:`0 \le t \le 1` has

    .. math::
        L = -(1 - t) \log S_i - t \log S_{i+1}

    so that the expectation of the distribution :math:`S` that minimises it is :math:`y`.

    Args:
        loss_weight: Multiplies the result.

    Example:
        >>> import torch
        >>> loss = EdgeDistributionLoss()
        >>> loss(torch.randn(2, 8, 40), 80 * torch.rand(2, 8), torch.ones(2, 8), 2.0).shape
        torch.Size([])
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, logits: Tensor, target: Tensor, weight: Tensor, bin_size: float) -> Tensor:
        """Compute the loss.

        Args:
            logits: Of the bins, (..., B).
            target: Places, (...); those beyond the outer bins' centers count as there.
            weight: (...).
            bin_size: s, in the unit of the places.

        Returns:
            A scalar; 0 with a gradient of 0 where all weights are 0.
        """
        last = logits.shape[-1] - 1
        place = (target / bin_size - 0.5).clamp(0, last)
        lower = place.floor().clamp(max=last - 1).long()
        upper_weight = place - lower
        log_shares = logits.log_softmax(dim=-1)
        lower_term, upper_term = (
            log_shares.gather(-1, (lower + step)[..., None])[..., 0] for step in (0, 1)
        )
        terms = -(1 - upper_weight) * lower_term - upper_weight * upper_term
        return self.loss_weight * (terms * weight).sum() / (weight.sum() + 1e-7)
