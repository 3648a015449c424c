from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from pfld_mm.models.layers.lite_block import SILU, LiteBlock, conv_act, separable_act
from pfld_mm.models.layers.lite_fusion import LiteFusion


class LiteStage(nn.Module):
    """One stage of LiteHRNet18: a new branch at half the lowest resolution, blocks, a fusion.

    Args:
        channels: Channels of the branches after the stage, highest resolution first. The last
            one is new, made by a depthwise 3x3 of stride 2 and a 1x1 BN activation.
        blocks: LiteBlocks on every branch.
        separable: The fast form, see :class:`LiteFusion`.
        act_cfg: Config of the activation.
    """

    def __init__(
        self,
        channels: Sequence[int],
        blocks: int,
        separable: bool = False,
        act_cfg: dict = SILU,
    ) -> None:
        super().__init__()
        # only the second stage, whose input is the stem, passes its branch through a 1x1
        self.keep = nn.Identity()
        if len(channels) == 2:
            self.keep = conv_act(channels[0], channels[0], 1, act_cfg=act_cfg)
        self.halve = separable_act(channels[-2], channels[-1], 2, act_cfg)
        self.blocks = nn.ModuleList(
            nn.Sequential(*(LiteBlock(c, act_cfg) for _ in range(blocks))) for c in channels
        )
        self.fusion = LiteFusion(channels, separable, act_cfg)

    def forward(self, branches: Sequence[Tensor]) -> list[Tensor]:
        """Take the branches (N, C_i, H / 2^i, W / 2^i), give one more."""
        kept = [self.keep(branches[0]), *branches[1:]]
        branches = [*kept, self.halve(branches[-1])]
        branches = [block(x) for block, x in zip(self.blocks, branches, strict=True)]
        return self.fusion(branches)
