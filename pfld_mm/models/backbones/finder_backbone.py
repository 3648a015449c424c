from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from pfld_mm.models.layers.conv_block import ConvBlock
from pfld_mm.models.layers.depthwise_separable import DepthwiseSeparable


@MODELS.register_module()
class FinderBackbone(BaseModule):
    """Depthwise separable blocks at strides 2 to 32; features at 8, 16 and 32.

    The last stage has 5x5 kernels: its receptive field covers a face that fills the image.

    Args:
        channels: At strides 2, 4, 8, 16 and 32.
        repeats: Blocks at strides 8, 16 and 32 after the one that halves the resolution.
        init_cfg: As in mmengine.
    """

    def __init__(
        self,
        channels: Sequence[int] = (16, 32, 48, 96, 160),
        repeats: Sequence[int] = (2, 4, 3),
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.stem = nn.Sequential(
            ConvBlock(3, channels[0], 3, 2, 1), DepthwiseSeparable(channels[0], channels[1], 2)
        )
        self.stages = nn.ModuleList(
            _stage(channels[i + 1], channels[i + 2], repeats[i], 5 if i == 2 else 3)
            for i in range(3)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, 3, H, W) -> features at strides 8, 16 and 32; H and W are multiples of 32."""
        if x.device.type == 'cpu' and not torch.onnx.is_in_onnx_export():
            # The CPU's depthwise convolutions are fastest in this layout.
            x = x.contiguous(memory_format=torch.channels_last)
        x = self.stem(x)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return tuple(features)


def _stage(in_channels: int, out_channels: int, repeats: int, kernel_size: int) -> nn.Sequential:
    blocks = [DepthwiseSeparable(in_channels, out_channels, 2)]
    blocks += [
        DepthwiseSeparable(out_channels, out_channels, 1, kernel_size) for _ in range(repeats)
    ]
    return nn.Sequential(*blocks)
