from __future__ import annotations

from functools import partial

from mmpose.registry import MODELS

from pfld_mm.models.backbones.ghost_pfld import GhostPFLD
from pfld_mm.models.layers.ghostone import GhostOneBottleneck
from pfld_mm.models.layers.mobileone import MobileOneBlock


@MODELS.register_module()
class PFLDGhostOne(GhostPFLD):
    """PFLD-GhostNet-Slim of MobileOne blocks, without shortcuts.

    At 98 points: 2,754,488 parameters in training, 702,864 deployed, 74.9 MMAC at 112 px.

    Args:
        num_conv_branches: k x k branches of every block while training.
        use_se: Squeeze-excite in every block.
        inference_mode: Build the deployed form directly.
        collapse: Compute the branches of every block as one convolution, with the same results.
        width_factor: Multiplies all channels (rounded down).
        input_size: (w, h) of the input in pixels, multiples of 16.
        init_cfg: mmengine's initialisation config.
    """

    def __init__(
        self,
        num_conv_branches: int = 6,
        use_se: bool = False,
        inference_mode: bool = False,
        collapse: bool = True,
        width_factor: float = 1.0,
        input_size: tuple[int, int] = (112, 112),
        init_cfg: dict | None = None,
    ) -> None:
        block = dict(
            num_conv_branches=num_conv_branches,
            use_se=use_se,
            inference_mode=inference_mode,
            collapse=collapse,
        )
        super().__init__(
            (1.5, 2.5, 3.5, 1.5),
            partial(MobileOneBlock, **block),
            partial(GhostOneBottleneck, **block),
            width_factor,
            input_size,
            init_cfg,
        )
