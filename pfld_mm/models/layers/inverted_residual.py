from __future__ import annotations

from torch import Tensor, nn

from pfld_mm.models.layers.conv_block import ConvBlock


class InvertedResidual(nn.Module):
    """1x1 up, 3x3 depthwise, linear 1x1 down (MobileNetV2, section 3.3).

    Args:
        in_channels: C_in.
        out_channels: C_out.
        stride: 1 or 2, of the depthwise convolution.
        expand_ratio: Hidden channels are ``in_channels * expand_ratio``.
        use_residual: Add the input; needs stride 1 and C_in = C_out.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int,
        expand_ratio: int,
        use_residual: bool,
    ) -> None:
        super().__init__()
        if use_residual and (stride != 1 or in_channels != out_channels):
            raise ValueError(
                'a residual needs stride 1 and as many output as input channels, got '
                f'stride {stride}, {in_channels} -> {out_channels}'
            )
        hidden = in_channels * expand_ratio
        self.use_residual = use_residual
        self.inv_res = nn.Sequential(
            ConvBlock(in_channels, hidden, 1),
            ConvBlock(hidden, hidden, 3, stride, 1, groups=hidden),
            ConvBlock(hidden, out_channels, 1, is_linear=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, H, W) -> (N, C_out, H / stride, W / stride)."""
        return x + self.inv_res(x) if self.use_residual else self.inv_res(x)
