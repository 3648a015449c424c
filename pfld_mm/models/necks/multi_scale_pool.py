from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor
from torch.nn import functional as F


@MODELS.register_module()
class MultiScalePool(BaseModule):
    """Mean-pool several feature maps into one vector (PFLD paper, section 3.2).

    Args:
        pooled: Indices of the backbone's maps that are pooled and concatenated.
        auxiliary: Index of the map that is passed on for the pose branch, or None.
    """

    def __init__(self, pooled: Sequence[int], auxiliary: int | None = None) -> None:
        super().__init__()
        self.pooled = tuple(pooled)
        self.auxiliary = auxiliary

    def forward(self, feats: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Pool.

        Args:
            feats: The backbone's maps (N, C_i, h_i, w_i).

        Returns:
            The auxiliary map, if asked for, and last the vector (N, sum of the pooled C_i, 1, 1).
        """
        # A map of one pixel is its own mean; pooling it would only be one more exported node.
        vectors = [
            feats[i] if feats[i].shape[-2:] == (1, 1) else F.adaptive_avg_pool2d(feats[i], 1)
            for i in self.pooled
        ]
        vector = torch.cat(vectors, dim=1)
        return (vector,) if self.auxiliary is None else (feats[self.auxiliary], vector)
