from __future__ import annotations

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from pfld_mm.models.backbones.deploy import check_input_size, deploy_blocks
from pfld_mm.models.layers.conv_block import ConvBlock
from pfld_mm.models.layers.inverted_residual import InvertedResidual
from pfld_mm.models.layers.layout import fastest_layout


@MODELS.register_module()
class PFLD(BaseModule):
    """PFLD (Guo et al., arXiv 1902.10859, table 1), 1,228,132 parameters at 98 points.

    Args:
        width_factor: Multiplies all channels (rounded down).
        input_size: (w, h) of the input in pixels, multiples of 16.
        init_cfg: mmengine's initialisation config.
    """

    STAGES = ((2, 64, 5, 2), (2, 128, 1, 2), (4, 128, 6, 1), (2, 16, 1, 1))
    """(expansion, out channels, repeats, stride); the first block of a stage has no residual."""

    def __init__(
        self,
        width_factor: float = 1.0,
        input_size: tuple[int, int] = (112, 112),
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        w, h = check_input_size(input_size)

        def wide(channels: int) -> int:
            return int(channels * width_factor)

        self.conv1 = ConvBlock(3, wide(64), 3, 2, 1)
        self.conv2 = ConvBlock(wide(64), wide(64), 3, 1, 1, groups=wide(64))
        stages, in_channels = [], wide(64)
        for expansion, channels, repeats, stride in self.STAGES:
            blocks = []
            for index in range(repeats):
                step = stride if index == 0 else 1
                blocks.append(
                    InvertedResidual(in_channels, wide(channels), step, expansion, index > 0)
                )
                in_channels = wide(channels)
            stages.append(nn.Sequential(*blocks))
        self.conv3, self.conv4, self.conv5, self.conv6 = stages
        self.conv7 = ConvBlock(wide(16), wide(32), 3, 2, 1)
        self.conv8 = ConvBlock(wide(32), wide(128), (h // 16, w // 16), has_bn=False)
        self.out_channels = (wide(64), wide(16), wide(32), wide(128))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Features at strides 4 (for the pose branch), 8, 16 and the last 1x1.

        Args:
            x: Images (N, 3, h, w).

        Returns:
            Four maps (N, C_i, h_i, w_i) with the channels of :attr:`out_channels`.
        """
        auxiliary = self.conv3(self.conv2(self.conv1(fastest_layout(x))))
        s1 = self.conv6(self.conv5(self.conv4(auxiliary)))
        s2 = self.conv7(s1)
        return auxiliary, s1, s2, self.conv8(s2)

    def switch_to_deploy(self, test_cfg: dict | None = None) -> None:
        """Put every block into its deployed form (mmdeploy's and mmpose's contract)."""
        deploy_blocks(self)
