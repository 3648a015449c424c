from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from pfld_mm.models.layers.lite_block import SILU, pointwise, smooth


@MODELS.register_module()
class LiteFPN(BaseModule):
    """Top-down pyramid over the branches of LiteHRNet18 that gives one map at the top size.

    1x1 BN laterals; the lowest one is smoothed, then each step enlarges it bilinearly by two,
    adds the next lateral with two softplus-normalised weights (BiFPN, arXiv 1911.09070,
    section 3.3, with softplus for ReLU) and smooths by a 3x3 BN activation.

    Args:
        in_channels: Channels of the maps, highest resolution first.
        out_channels: Channels of the laterals and of the output.
        separable: The fast form: depthwise 3x3 and 1x1 for the dense 3x3.
        act_cfg: Config of the activation.
        init_cfg: mmengine's initialisation config.
    """

    def __init__(
        self,
        in_channels: Sequence[int] = (32, 64, 128, 256),
        out_channels: int = 128,
        separable: bool = False,
        act_cfg: dict = SILU,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.laterals = nn.ModuleList(pointwise(c, out_channels) for c in in_channels)
        self.smooth = nn.ModuleList(smooth(out_channels, separable, act_cfg) for _ in in_channels)
        self.weights = nn.Parameter(torch.ones(len(in_channels) - 1, 2))
        self.out_channels = out_channels

    def forward(self, feats: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Merge the branches.

        Args:
            feats: Maps (N, C_i, H / 2^i, W / 2^i), as many as there are laterals.

        Returns:
            The map (N, out_channels, H, W).
        """
        laterals = [lateral(x) for lateral, x in zip(self.laterals, feats, strict=True)]
        x = self.smooth[-1](laterals[-1])
        for level in reversed(range(len(laterals) - 1)):
            x = F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)
            if self.weights is None:
                x = self.smooth[level](laterals[level] + x)
            else:
                weights = self._normalized(level)
                x = self.smooth[level](weights[0] * laterals[level] + weights[1] * x)
        return (x,)

    def _normalized(self, level: int) -> Tensor:
        weights = F.softplus(self.weights[level])
        return weights / weights.sum()

    @torch.no_grad()
    def switch_to_deploy(self, test_cfg: dict | None = None) -> None:
        """Fold the weights of the sums into the convolutions before them.

        Only ReLU lets a factor pass: with another activation nothing is done. A second call
        changes nothing.
        """
        if self.weights is None or not all(isinstance(s[-1], nn.ReLU) for s in self.smooth):
            return
        for level in range(len(self.laterals) - 1):
            convs = self.laterals[level], self.smooth[level + 1][-2]
            for block, factor in zip(convs, self._normalized(level), strict=True):
                block.switch_to_deploy()
                block.conv.weight *= factor
                block.conv.bias *= factor
        self.weights = None
