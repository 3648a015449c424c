from __future__ import annotations

import torch
from mmpose.registry import MODELS
from torch import Tensor

from pfld_mm.models.losses.landmark_loss import LandmarkLoss


@MODELS.register_module()
class LandmarkSmoothL1Loss(LandmarkLoss):
    r"""Smooth L1 with a threshold and an explicit unit.

    Summed over the coordinates of a face, averaged over the faces:

    .. math::
        f(x) = x^2 / (2 \beta) \text{ if } |x| \le \beta, \quad |x| - \beta / 2 \text{ otherwise}

    Args:
        beta: Threshold between the square and the line, in the unit.
        unit: 'normalised' (coordinates divided by the input size) or 'pixel'.
        input_size: (w, h) of the network's input, for 'pixel'.
        loss_weight: Factor of the result.

    Example:
        >>> loss = LandmarkSmoothL1Loss(beta=2.0)
        >>> loss(torch.zeros(1, 1, 2), torch.tensor([[[1.0, 5.0]]])).item()  # 1 / 4 + 4
        4.25
    """

    def __init__(
        self,
        beta: float = 1.0,
        unit: str = 'normalised',
        input_size: tuple[int, int] | None = None,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(unit, input_size, loss_weight)
        if beta <= 0:
            raise ValueError(f'beta must be positive, got {beta}')
        self.beta = beta

    def penalty(self, x: Tensor) -> Tensor:
        """f(x) of absolute errors x in the unit, element by element."""
        return torch.where(x > self.beta, x - 0.5 * self.beta, 0.5 * x**2 / self.beta)
