from __future__ import annotations

import math

from mmpose.registry import MODELS
from torch import Tensor, nn

from pfld_mm.models.losses.unit import absolute_error


@MODELS.register_module()
class LaplaceLandmarkLoss(nn.Module):
    r"""Negative log likelihood of a Laplace distribution around every predicted coordinate.

    The network says with each coordinate how far off it expects to be, the scale b (after Kendall
    and Gal, arXiv 1703.04977, with Laplace for Gauss). Uncertain coordinates then pull less
    than certain ones. Summed over the coordinates of a face, averaged over the faces, each point
    times its weight:

    .. math::
        f(x, s) = \ln(2 b) + |x| / b, \quad b = b_0 + e^s

    x and b are in pixels of the input; another unit would only shift s. Because ``forward``
    takes a ``sigma``, :class:`PFLDHead` gives it one (its train-only branch, the s of the formula).

    Args:
        input_size: (w, h) of the network's input in pixels.
        min_scale: b_0 in pixels: below it, labels are noise, and b could fall towards 0 there.
        loss_weight: Factor of the result.

    Example:
        >>> import torch
        >>> loss = LaplaceLandmarkLoss(input_size=(100, 100), min_scale=0)
        >>> zero = torch.zeros(1, 1, 2)
        >>> round(loss(zero, zero, torch.full((1, 1, 2), 0.03)).item(), 4)  # 2 (ln 2 + 3)
        7.3863
    """

    def __init__(
        self, input_size: tuple[int, int], min_scale: float = 0.1, loss_weight: float = 1.0
    ) -> None:
        super().__init__()
        if min_scale < 0:
            raise ValueError(f'min_scale must not be negative, got {min_scale}')
        self.input_size = tuple(input_size)
        self.min_scale = min_scale
        self.loss_weight = loss_weight

    def forward(
        self, output: Tensor, sigma: Tensor, target: Tensor, target_weight: Tensor | None = None
    ) -> Tensor:
        """Negative log likelihood of one batch; the order of arguments is mmpose's RLELoss's.

        Args:
            output: Predicted coordinates (N, K, 2), divided by the input size.
            sigma: s (N, K, 2), the logarithm of each coordinate's scale in pixels.
            target: True coordinates (N, K, 2), divided by the input size.
            target_weight: Weight of every point (N, K, 1), or None for all ones.

        Returns:
            A scalar; it may be negative.
        """
        x = absolute_error(output, target, None, 'pixel', self.input_size)
        scale = self.min_scale + sigma.exp()
        loss = math.log(2) + scale.log() + x / scale
        if target_weight is not None:
            loss = loss * target_weight
        return self.loss_weight * loss.sum((1, 2)).mean()
