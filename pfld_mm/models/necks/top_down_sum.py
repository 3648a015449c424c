from __future__ import annotations

from collections.abc import Sequence

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from pfld_mm.models.layers.conv_block import ConvBlock
from pfld_mm.models.layers.depthwise_separable import DepthwiseSeparable


@MODELS.register_module()
class TopDownSum(BaseModule):
    """One map from features of several strides: the top-down way of FPN (arXiv 1612.03144).

    Args:
        in_channels: Of the features, the finest first; each has half the side of the one before.
        out_channels: Of the map.
        init_cfg: As in mmengine.
    """

    def __init__(
        self, in_channels: Sequence[int], out_channels: int, init_cfg: dict | None = None
    ) -> None:
        super().__init__(init_cfg)
        self.laterals = nn.ModuleList(
            ConvBlock(channels, out_channels, 1, is_linear=True) for channels in in_channels
        )
        self.smoothings = nn.ModuleList(
            DepthwiseSeparable(out_channels, out_channels) for _ in in_channels[1:]
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Features at strides s, 2s, 4s ... -> (N, out_channels, H / s, W / s)."""
        laterals = [layer(x) for layer, x in zip(self.laterals, features, strict=True)]
        x = laterals.pop()
        for smoothing in reversed(self.smoothings):
            x = smoothing(laterals.pop() + F.interpolate(x, scale_factor=2.0, mode='nearest'))
        return x
