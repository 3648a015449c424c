from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn

from pfld_mm.models.losses.unit import absolute_error, check_unit


class LandmarkLoss(nn.Module):
    """A penalty of every coordinate's error, summed over a face, averaged over the faces.

    Args:
        unit: 'normalised' (coordinates divided by the input size) or 'pixel'.
        input_size: (w, h) of the network's input, for 'pixel'.
        loss_weight: Factor of the result.
    """

    def __init__(self, unit: str, input_size: tuple[int, int] | None, loss_weight: float) -> None:
        super().__init__()
        check_unit(unit, input_size)
        self.unit = unit
        self.input_size = input_size
        self.loss_weight = loss_weight

    @abstractmethod
    def penalty(self, x: Tensor) -> Tensor:
        """f(x) of absolute errors x in the unit, element by element."""

    def forward(
        self, output: Tensor, target: Tensor, target_weight: Tensor | None = None
    ) -> Tensor:
        """Loss of one batch.

        Args:
            output: Predicted coordinates (N, K, 2), divided by the input size.
            target: True coordinates (N, K, 2), likewise.
            target_weight: Weight of every point (N, K, 1), or None for all ones. As in mmpose, it
                multiplies the error.

        Returns:
            A scalar.
        """
        x = absolute_error(output, target, target_weight, self.unit, self.input_size)
        return self.loss_weight * self.penalty(x).sum((1, 2)).mean()
