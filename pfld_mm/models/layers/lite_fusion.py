from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from pfld_mm.models.layers.lite_block import SILU, depthwise, pointwise, smooth


class LiteFusion(nn.Module):
    """Exchange between the branches of a high-resolution net: every branch gets all others.

    A branch keeps itself, adds lower resolutions through a bilinear enlargement and a 1x1, and
    higher ones through chained depthwise 3x3 of stride 2 and one 1x1; a 3x3 BN activation smooths
    the sum. BatchNorm after every convolution, no activation inside the sum.

    Args:
        channels: Channels of the branches, highest resolution first, each half the size of the
            one before.
        separable: The fast form: separable smoothing, and the 1x1 before the enlargement (the
            two commute) where it costs a quarter, a sixteenth, ...
        act_cfg: Config of the activation.
    """

    def __init__(
        self, channels: Sequence[int], separable: bool = False, act_cfg: dict = SILU
    ) -> None:
        super().__init__()
        self.paths = nn.ModuleList()
        for target in range(len(channels)):
            sources = range(len(channels))
            paths = [_path(channels, source, target, separable) for source in sources]
            self.paths.append(nn.ModuleList(paths))
        self.smooth = nn.ModuleList(smooth(c, separable, act_cfg) for c in channels)

    def forward(self, branches: Sequence[Tensor]) -> list[Tensor]:
        """Fuse the branches (N, C_i, H / 2^i, W / 2^i); shapes are kept."""
        fused = []
        for paths, smoothing in zip(self.paths, self.smooth, strict=True):
            total = sum(path(x) for path, x in zip(paths, branches, strict=True))
            fused.append(smoothing(total))
        return fused


def _path(channels: Sequence[int], source: int, target: int, separable: bool) -> nn.Module:
    """The way of one branch into another."""
    if source == target:
        return nn.Identity()
    project = pointwise(channels[source], channels[target])
    if source < target:
        chain = [depthwise(channels[source], 2) for _ in range(target - source)]
        return nn.Sequential(*chain, project)
    enlarge = nn.Upsample(scale_factor=2 ** (source - target), mode='bilinear', align_corners=False)
    return nn.Sequential(project, enlarge) if separable else nn.Sequential(enlarge, project)
