from __future__ import annotations

import math

import torch
from mmpose.registry import MODELS
from torch import Tensor

from pfld_mm.models.losses.landmark_loss import LandmarkLoss


@MODELS.register_module()
class LandmarkWingLoss(LandmarkLoss):
    r"""Wing loss with an explicit unit (Feng et al., CVPR 2018, eq. 5).

    Summed over the coordinates of a face, averaged over the faces:

    .. math::
        f(x) = w \ln(1 + |x| / \epsilon) \text{ if } |x| < w, \quad |x| - C \text{ otherwise},
        \quad C = w - w \ln(1 + w / \epsilon)

    In normalised coordinates every error is far below the default ``w``, and the loss is nearly
    ``w / epsilon`` times L1: only in pixels does it differ from L1. So the unit is an explicit
    argument. With ``unit='normalised'`` and no weights it equals mmpose's ``WingLoss``.

    Args:
        omega: w, in the unit.
        epsilon: Curvature, in the unit.
        unit: 'normalised' (coordinates divided by the input size) or 'pixel'.
        input_size: (w, h) of the network's input, for 'pixel'.
        loss_weight: Factor of the result.

    Example:
        >>> loss = LandmarkWingLoss()
        >>> round(loss(torch.zeros(1, 1, 2), torch.full((1, 1, 2), 2.0)).item(), 4)  # 20 ln 2
        13.8629
    """

    def __init__(
        self,
        omega: float = 10.0,
        epsilon: float = 2.0,
        unit: str = 'normalised',
        input_size: tuple[int, int] | None = None,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(unit, input_size, loss_weight)
        if omega <= 0 or epsilon <= 0:
            raise ValueError(f'omega and epsilon must be positive, got {omega} and {epsilon}')
        self.omega = omega
        self.epsilon = epsilon

    def penalty(self, x: Tensor) -> Tensor:
        """f(x) of absolute errors x in the unit, element by element."""
        constant = self.omega * (1 - math.log(1 + self.omega / self.epsilon))
        return torch.where(x < self.omega, self.omega * torch.log1p(x / self.epsilon), x - constant)
