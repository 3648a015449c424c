from __future__ import annotations

import math

import torch
from mmpose.registry import MODELS
from torch import Tensor

from pfld_mm.models.losses.landmark_loss import LandmarkLoss


@MODELS.register_module()
class LandmarkSoftWingLoss(LandmarkLoss):
    r"""Soft Wing loss with an explicit unit (Lin et al., TIP 2021).

    Small errors, which are the labels' noise, count as they are; larger ones along a logarithm.
    Summed over the coordinates of a face, averaged over the faces:

    .. math::
        f(x) = |x| \text{ if } |x| < w_1, \quad w_2 \ln(1 + |x| / \epsilon) + B \text{ otherwise},
        \quad B = w_1 - w_2 \ln(1 + w_1 / \epsilon)

    In normalised coordinates no error reaches the default ``omega1``, and the loss is plain L1: the
    knee only acts in pixels. With ``unit='normalised'`` and no weights it equals mmpose's
    ``SoftWingLoss``, which has no other unit.

    Source: "Structure-Coherent Deep Feature Learning for Robust Face Alignment".

    Args:
        omega1: Where the line ends, in the unit.
        omega2: Factor of the logarithm, in the unit.
        epsilon: Curvature, in the unit.
        unit: 'normalised' (coordinates divided by the input size) or 'pixel'.
        input_size: (w, h) of the network's input, for 'pixel'.
        loss_weight: Factor of the result.

    Example:
        >>> loss = LandmarkSoftWingLoss()
        >>> loss(torch.zeros(1, 1, 2), torch.tensor([[[1.0, 0.5]]])).item()
        1.5
    """

    def __init__(
        self,
        omega1: float = 2.0,
        omega2: float = 20.0,
        epsilon: float = 0.5,
        unit: str = 'normalised',
        input_size: tuple[int, int] | None = None,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(unit, input_size, loss_weight)
        if min(omega1, omega2, epsilon) <= 0:
            raise ValueError(
                f'omega1, omega2 and epsilon must be positive, got {omega1}, {omega2} and {epsilon}'
            )
        self.omega1 = omega1
        self.omega2 = omega2
        self.epsilon = epsilon

    def penalty(self, x: Tensor) -> Tensor:
        """f(x) of absolute errors x in the unit, element by element."""
        constant = self.omega1 - self.omega2 * math.log(1 + self.omega1 / self.epsilon)
        curve = self.omega2 * torch.log1p(x / self.epsilon) + constant
        return torch.where(x < self.omega1, x, curve)
