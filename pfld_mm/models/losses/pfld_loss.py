from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.dist import all_reduce
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class PFLDLoss(nn.Module):
    r"""Squared distance, weighted by rare attributes and by the pose error (PFLD paper, eq. 2).

    .. math::
        L = \frac1M \sum_m \Big(f + \sum_c \omega_c a_{mc}\Big)
            \Big(f + \sum_{k=1}^3 (1 - \cos\theta_{mk})\Big) \sum_n \|d_{mn}\|^2

    with the floor f, the attributes a of face m, and :math:`\omega_c` the inverse frequency of
    attribute c over the global batch (all processes). Angles are in radians.

    The formula in common use has f = 0 and drops WFLW's first column, pose, by ``[:, 1:6]``: a face
    without attributes then has weight 0. ``floor=0, attribute_columns=(1, 2, 3, 4, 5)`` is that
    formula, bit for bit.

    Args:
        floor: f. With 1, a common face with a well estimated pose still counts.
        attribute_columns: Which of pose, expression, illumination, make-up, occlusion, blur weigh.
        loss_weight: Factor of the first result.
    """

    def __init__(
        self,
        floor: float = 1.0,
        attribute_columns: Sequence[int] = (0, 1, 2, 3, 4, 5),
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.floor = floor
        self.attribute_columns = list(attribute_columns)
        self.loss_weight = loss_weight

    def forward(
        self,
        output: Tensor,
        target: Tensor,
        target_weight: Tensor | None,
        euler: Tensor,
        euler_target: Tensor,
        attributes: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Weighted and plain loss of one batch.

        Args:
            output: Predicted coordinates (N, K, 2), divided by the input size.
            target: True coordinates (N, K, 2), likewise.
            target_weight: Weight of every point (N, K, 1), or None for all ones.
            euler: Predicted yaw, pitch, roll (N, 3) in radians.
            euler_target: True yaw, pitch, roll (N, 3) in radians.
            attributes: 0 or 1 for each attribute (N, 6).

        Returns:
            The loss, and the mean squared distance that no weight distorts (for the log; detached).
        """
        weight_angle = self.floor + (1 - torch.cos(euler - euler_target)).sum(1)
        weight_attribute = self._attribute_weight(attributes)
        square = (target - output) ** 2
        if target_weight is not None:
            square = square * target_weight
        distance = square.flatten(1).sum(1)
        loss = (weight_angle * weight_attribute * distance).mean()
        return self.loss_weight * loss, distance.mean().detach()

    def _attribute_weight(self, attributes: Tensor) -> Tensor:
        """The floor plus the sum of the inverse frequencies of each face's attributes, (N,)."""
        chosen = attributes[:, self.attribute_columns].float()
        totals = torch.cat([chosen.sum(0), chosen.new_tensor([len(chosen)])])
        all_reduce(totals)
        frequency, batch_size = totals[:-1] / totals[-1], totals[-1]
        inverse = torch.where(frequency > 0, 1 / frequency, batch_size)
        return self.floor + (chosen * inverse).sum(1)
