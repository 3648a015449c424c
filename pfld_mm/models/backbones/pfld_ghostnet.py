from __future__ import annotations

from mmpose.registry import MODELS
from torch import Tensor

from pfld_mm.models.backbones.ghost_pfld import GhostPFLD
from pfld_mm.models.layers.conv_block import ConvBlock
from pfld_mm.models.layers.ghost import GhostBottleneck
from pfld_mm.models.layers.layout import fastest_layout


@MODELS.register_module()
class PFLDGhostNet(GhostPFLD):
    """PFLD with ghost bottlenecks, 810,860 parameters at 98 points.

    Args:
        slim: The narrower hidden widths, 741,680 parameters.
        width_factor: Multiplies all channels (rounded down).
        input_size: (w, h) of the input in pixels, multiples of 16.
        init_cfg: mmengine's initialisation config.
    """

    def __init__(
        self,
        slim: bool = False,
        width_factor: float = 1.0,
        input_size: tuple[int, int] = (112, 112),
        init_cfg: dict | None = None,
    ) -> None:
        expansions = (1.5, 2.5, 3.5, 1.5) if slim else (2, 3, 4, 2)
        super().__init__(expansions, ConvBlock, GhostBottleneck, width_factor, input_size, init_cfg)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """As :meth:`GhostPFLD.forward`."""
        return super().forward(fastest_layout(x))
