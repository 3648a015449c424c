from __future__ import annotations

from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class GaussianSigmaLoss(nn.Module):
    """Negative log-likelihood of errors whose standard deviations are predicted.

    ``mean of w (log sigma + e^2 / (2 sigma^2))`` over all coordinates, for errors e that are no
    function of what is trained (Nix and Weigend, ICNN 1994). Of a fixed error its least value is at
    ``sigma = |e|``; of many errors with the same features at their root mean square.

    Args:
        min_sigma: Smaller predictions count as this, in the unit of the points; bounds the loss.
        loss_weight: Factor.
    """

    def __init__(self, min_sigma: float = 1e-3, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.min_sigma = min_sigma
        self.loss_weight = loss_weight

    def forward(self, sigma: Tensor, error: Tensor, weight: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            sigma: Predicted standard deviations (N, K, 2), > 0.
            error: (N, K, 2), detached.
            weight: (N, K, 1); a point of weight 0 does not count.
        """
        sigma = sigma.clamp(min=self.min_sigma)
        likelihood = sigma.log() + 0.5 * (error / sigma).square()
        total = (weight * likelihood).sum() / (2 * weight.sum()).clamp(min=1e-6)
        return self.loss_weight * total
