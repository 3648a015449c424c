from __future__ import annotations

from collections.abc import Callable, Sequence

from mmengine.model import BaseModule
from torch import Tensor, nn

from pfld_mm.models.backbones.deploy import check_input_size, deploy_blocks
from pfld_mm.models.layers.conv_block import ConvBlock

Block = Callable[..., nn.Module]


class GhostPFLD(BaseModule):
    """The topology that PFLD-GhostNet, its Slim form and PFLD-GhostOne share.

    A 3x3 stem, a 3x3 depthwise convolution, three stages of bottlenecks that halve the resolution,
    a narrow bottleneck, a 3x3 and a convolution over the whole remaining map. A new member of the
    family is a table of expansions and two block classes.

    Args:
        expansions: Hidden channels of each stage's bottlenecks, as a multiple of their input's.
        conv: Makes a convolution: ``conv(in, out, kernel_size, stride, padding, groups=1)``.
        bottleneck: Makes a bottleneck: ``bottleneck(in, hidden, out, stride)``.
        width_factor: Multiplies all channels (rounded down).
        input_size: (w, h) of the input in pixels, multiples of 16.
        init_cfg: mmengine's initialisation config.
    """

    STAGES = ((80, 3, 2), (96, 3, 2), (144, 4, 2), (16, 1, 1))
    """(out channels, repeats, stride) of each stage."""

    def __init__(
        self,
        expansions: Sequence[float],
        conv: Block,
        bottleneck: Block,
        width_factor: float = 1.0,
        input_size: tuple[int, int] = (112, 112),
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        w, h = check_input_size(input_size)

        def wide(channels: float) -> int:
            return int(channels * width_factor)

        self.conv1 = conv(3, wide(64), 3, 2, 1)
        self.conv2 = conv(wide(64), wide(64), 3, 1, 1, groups=wide(64))
        stages, in_channels = [], 64
        for expansion, (out_channels, repeats, stride) in zip(expansions, self.STAGES, strict=True):
            blocks = []
            for index in range(repeats):
                hidden = wide(in_channels * expansion)
                step = stride if index == 0 else 1
                blocks.append(bottleneck(wide(in_channels), hidden, wide(out_channels), step))
                in_channels = out_channels
            stages.append(nn.Sequential(*blocks))
        self.conv3, self.conv4, self.conv5, self.conv6 = stages
        self.conv7 = conv(wide(16), wide(32), 3, 1, 1)
        self.conv8 = ConvBlock(wide(32), wide(128), (h // 16, w // 16), has_bn=False)
        self.out_channels = (wide(64), wide(80), wide(96), wide(144), wide(128))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Features at strides 2, 4, 8, 16 and the last 1x1.

        Args:
            x: Images (N, 3, h, w).

        Returns:
            Five maps (N, C_i, h_i, w_i) with the channels of :attr:`out_channels`.
        """
        s1 = self.conv2(self.conv1(x))
        s2 = self.conv3(s1)
        s3 = self.conv4(s2)
        s4 = self.conv5(s3)
        return s1, s2, s3, s4, self.conv8(self.conv7(self.conv6(s4)))

    def switch_to_deploy(self, test_cfg: dict | None = None) -> None:
        """Put every block into its deployed form (mmdeploy's and mmpose's contract)."""
        deploy_blocks(self)
