from __future__ import annotations

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from pfld_mm.models.losses.unit import absolute_error, check_unit


@MODELS.register_module()
class LandmarkSmoothL1Loss(nn.Module):
    r"""Smooth L1 with a threshold and an explicit unit (seed 002, "SmoothL1").

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
        super().__init__()
        check_unit(unit, input_size)
        if beta <= 0:
            raise ValueError(f'beta must be positive, got {beta}')
        self.beta = beta
        self.unit = unit
        self.input_size = input_size
        self.loss_weight = loss_weight

    def forward(
        self, output: Tensor, target: Tensor, target_weight: Tensor | None = None
    ) -> Tensor:
        """Smooth L1 of one batch.

        Args:
            output: Predicted coordinates (N, K, 2), divided by the input size.
            target: True coordinates (N, K, 2), likewise.
            target_weight: Weight of every point (N, K, 1), or None for all ones.

        Returns:
            A scalar.
        """
        x = absolute_error(output, target, target_weight, self.unit, self.input_size)
        loss = torch.where(x > self.beta, x - 0.5 * self.beta, 0.5 * x**2 / self.beta)
        return self.loss_weight * loss.sum((1, 2)).mean()
