from __future__ import annotations

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from pfld_mm.core.finder.decode import CHANNELS
from pfld_mm.models.layers.depthwise_separable import DepthwiseSeparable


@MODELS.register_module()
class FaceFinderHead(BaseModule):
    """Score, box and five points of the face whose center is in a cell.

    Args:
        in_channels: Of the neck's map.
        loss_heatmap: Config of a loss (pred, target, weight) for the score.
        loss_box: The same for the log distances.
        loss_points: The same for the points.
        init_cfg: As in mmengine.
    """

    INITIAL_SCORE = 0.01
    INITIAL_DISTANCE = 3.0  # cells

    def __init__(
        self,
        in_channels: int,
        loss_heatmap: dict,
        loss_box: dict,
        loss_points: dict,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.shared = DepthwiseSeparable(in_channels, in_channels)
        self.predict_all = nn.Conv2d(in_channels, CHANNELS, 1)
        nn.init.normal_(self.predict_all.weight, std=0.01)
        bias = torch.zeros(CHANNELS)
        bias[0] = -torch.tensor(1 / self.INITIAL_SCORE - 1).log()
        bias[1:5] = torch.tensor(self.INITIAL_DISTANCE).log()
        self.predict_all.bias.data.copy_(bias)
        self.loss_heatmap = MODELS.build(loss_heatmap)
        self.loss_box = MODELS.build(loss_box)
        self.loss_points = MODELS.build(loss_points)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, h, w) -> (N, 15, h, w), see `decode_faces`."""
        x = self.predict_all(self.shared(x))
        return torch.cat([x[:, :1].sigmoid(), x[:, 1:]], dim=1)

    def loss(self, x: Tensor, labels: dict[str, Tensor]) -> dict[str, Tensor]:
        """The three losses.

        Args:
            x: (N, C, h, w).
            labels: Maps of `FaceMapLabel.encode`, stacked: (N, channels, h, w).
        """
        output = self(x).float()
        weight = labels['region_weight']
        return dict(
            loss_heatmap=self.loss_heatmap(
                output[:, :1], labels['heatmap'], labels['heatmap_weight']
            ),
            loss_box=self.loss_box(output[:, 1:5], labels['box'], weight),
            loss_points=self.loss_points(output[:, 5:], labels['points'], weight),
        )
