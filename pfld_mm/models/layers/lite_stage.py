from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from pfld_mm.models.layers.lite_block import LiteBlock, conv_silu, depthwise, pointwise
from pfld_mm.models.layers.lite_fusion import LiteFusion


class LiteStage(nn.Module):
    """One stage of LiteHRNet18: a new branch at half the lowest resolution, blocks, a fusion.

    Args:
        channels: Channels of the branches after the stage, highest resolution first. The last
            one is new, made by a depthwise 3x3 of stride 2 and a 1x1 BN SiLU.
        blocks: LiteBlocks on every branch.
        separable: The fast form, see :class:`LiteFusion`.
    """

    def __init__(self, channels: Sequence[int], blocks: int, separable: bool = False) -> None:
        super().__init__()
        # only the second stage, whose input is the stem, passes its branch through a 1x1
        self.keep = conv_silu(channels[0], channels[0], 1) if len(channels) == 2 else nn.Identity()
        self.halve = nn.Sequential(
            depthwise(channels[-2], 2), pointwise(channels[-2], channels[-1]), nn.SiLU(inplace=True)
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(*(LiteBlock(c) for _ in range(blocks))) for c in channels
        )
        self.fusion = LiteFusion(channels, separable)

    def forward(self, branches: Sequence[Tensor]) -> list[Tensor]:
        """Take the branches (N, C_i, H / 2^i, W / 2^i), give one more."""
        kept = [self.keep(branches[0]), *branches[1:]]
        branches = [*kept, self.halve(branches[-1])]
        branches = [block(x) for block, x in zip(self.blocks, branches, strict=True)]
        return self.fusion(branches)
