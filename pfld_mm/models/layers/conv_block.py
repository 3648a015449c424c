from __future__ import annotations

from collections import OrderedDict

from torch import nn

from pfld_mm.models.layers.fuse import conv_with, fold_batch_norm


class ConvBlock(nn.Sequential):
    """Convolution without bias, BatchNorm, ReLU: the basic block of PFLD.

    Args:
        in_channels: C_in.
        out_channels: C_out.
        kernel_size: Side of the kernel, or (height, width).
        stride: Stride of the convolution.
        padding: Zero padding on every side.
        groups: ``in_channels`` makes it depthwise.
        has_bn: False leaves the BatchNorm out.
        is_linear: True leaves the ReLU out.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
        has_bn: bool = True,
        is_linear: bool = False,
    ) -> None:
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers['conv'] = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False
        )
        if has_bn:
            layers['bn'] = nn.BatchNorm2d(out_channels)
        if not is_linear:
            layers['relu'] = nn.ReLU(inplace=True)
        super().__init__(layers)

    def switch_to_deploy(self, test_cfg: dict | None = None) -> None:
        """Fold the BatchNorm into the convolution. A second call changes nothing."""
        self.eval()
        if 'bn' in self._modules:
            conv = self.get_submodule('conv')
            self.conv = conv_with(conv, *fold_batch_norm(conv.weight, self.bn))
            del self.bn
