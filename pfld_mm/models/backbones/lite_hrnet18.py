from __future__ import annotations

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from pfld_mm.models.layers.layout import fastest_layout
from pfld_mm.models.layers.lite_block import SILU, LiteBlock, conv_act
from pfld_mm.models.layers.lite_stage import LiteStage


@MODELS.register_module()
class LiteHRNet18(BaseModule):
    """Four branches at 1/4 to 1/32 for slider puzzles: RGB and a mask of valid pixels go in.

    The fourth input channel says which pixels show the image (1) and which are padding (0).

    Args:
        width_factor: Multiplies all channels (rounded to a multiple of 8).
        separable: The fast form: separable smoothing after the fusions.
        downscale: Pixels of the input, per axis, whose mean is a pixel to the stem. With 2 all maps
            have a quarter of the cells, and the strides double.
        act_cfg: Config of the activations.
        init_cfg: mmengine's initialisation config.
    """

    CHANNELS = (32, 64, 128, 256)
    """Of the branches at 1/4, 1/8, 1/16 and 1/32."""
    STAGE_BLOCKS = (2, 3, 2)
    """LiteBlocks on every branch of the stages 2, 3 and 4."""

    def __init__(
        self,
        width_factor: float = 1.0,
        separable: bool = False,
        downscale: int = 1,
        act_cfg: dict = SILU,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if width_factor <= 0:
            raise ValueError(f'width_factor must be positive, found {width_factor}')
        channels = [max(8, int(c * width_factor / 8 + 0.5) * 8) for c in self.CHANNELS]
        stem = channels[0]
        self.stem = nn.Sequential(
            conv_act(4, stem, 3, 2, act_cfg),
            conv_act(stem, stem, 3, 2, act_cfg),
            LiteBlock(stem, act_cfg),
            LiteBlock(stem, act_cfg),
        )
        self.stages = nn.ModuleList(
            LiteStage(channels[: index + 2], blocks, separable, act_cfg)
            for index, blocks in enumerate(self.STAGE_BLOCKS)
        )
        self.downscale = downscale
        self.out_channels = tuple(channels)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Compute the four branches.

        Args:
            x: RGB and mask (N, 4, H, W), all in [0, 1]; H and W multiples of 32 x downscale.

        Returns:
            Four maps (N, C_i, H / 4 / 2^i, W / 4 / 2^i), at ``downscale`` 1.

        Raises:
            ValueError: If the input does not have four channels or sides divisible by
                32 x downscale.
        """
        # an exported graph has its shape fixed: there the check would only warn
        multiple = 32 * self.downscale
        if not torch.jit.is_tracing() and (
            x.shape[1] != 4 or x.shape[2] % multiple or x.shape[3] % multiple
        ):
            raise ValueError(
                'LiteHRNet18 takes (N, 4, H, W), RGB and the valid mask, with H and W divisible '
                f'by {multiple}; found {tuple(x.shape)}'
            )
        small = F.avg_pool2d(x, self.downscale) if self.downscale > 1 else x
        branches = [self.stem(fastest_layout(small))]
        for stage in self.stages:
            branches = stage(branches)
        return tuple(branches)
