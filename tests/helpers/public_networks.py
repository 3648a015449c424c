"""The seed's code (002) as it stands there, in few lines: an oracle for our networks.

Module names and layout are the public repository's, so its state dicts test the converter, too.
"""

import math

import torch
from torch import nn
from torch.nn import AvgPool2d, BatchNorm2d, Conv2d, Linear, Module, ModuleList, ReLU, Sequential


def conv_block(i, o, k, s, p, group=1, has_bn=True, is_linear=False):
    return Sequential(
        Conv2d(i, o, k, s, padding=p, groups=group, bias=False),
        BatchNorm2d(o) if has_bn else Sequential(),
        ReLU() if not is_linear else Sequential(),
    )


class PublicGhostModule(Module):
    def __init__(self, i, o, is_linear=False):
        super().__init__()
        self.o, half = o, math.ceil(o / 2)
        self.primary_conv = conv_block(i, half, 1, 1, 0, is_linear=is_linear)
        self.cheap_operation = conv_block(half, half, 3, 1, 1, half, is_linear=is_linear)

    def forward(self, x):
        x1 = self.primary_conv(x)
        return torch.cat([x1, self.cheap_operation(x1)], 1)[:, : self.o]


class PublicGhostBottleneck(Module):
    def __init__(self, i, hidden, o, s):
        super().__init__()
        self.ghost_conv = Sequential(
            PublicGhostModule(i, hidden),
            conv_block(hidden, hidden, 3, s, 1, hidden, is_linear=True) if s == 2 else Sequential(),
            PublicGhostModule(hidden, o, is_linear=True),
        )
        self.shortcut = Sequential()
        if not (s == 1 and i == o):
            self.shortcut = Sequential(
                conv_block(i, i, 3, s, 1, i, is_linear=True),
                conv_block(i, o, 1, 1, 0, is_linear=True),
            )

    def forward(self, x):
        return self.ghost_conv(x) + self.shortcut(x)


class PublicMobileOneBlock(Module):
    def __init__(self, i, o, k, s=1, p=0, group=1, branches=6, is_linear=False):
        super().__init__()
        self.rbr_skip = BatchNorm2d(i) if i == o and s == 1 else None
        self.rbr_conv = ModuleList(self.conv_bn(i, o, k, s, p, group) for _ in range(branches))
        self.rbr_scale = self.conv_bn(i, o, 1, s, 0, group) if k > 1 else None
        self.activation = nn.Identity() if is_linear else ReLU()

    def conv_bn(self, i, o, k, s, p, group):
        block = Sequential()
        block.add_module('conv', Conv2d(i, o, k, s, p, groups=group, bias=False))
        block.add_module('bn', BatchNorm2d(o))
        return block

    def forward(self, x):
        out = self.rbr_skip(x) if self.rbr_skip is not None else 0
        if self.rbr_scale is not None:
            out = out + self.rbr_scale(x)
        for branch in self.rbr_conv:
            out = out + branch(x)
        return self.activation(out)


class PublicGhostOneModule(Module):
    def __init__(self, i, o, is_linear=False):
        super().__init__()
        self.o, half = o, math.ceil(o / 2)
        self.primary_conv = PublicMobileOneBlock(i, half, 1, is_linear=is_linear)
        self.cheap_operation = PublicMobileOneBlock(
            half, half, 3, p=1, group=half, is_linear=is_linear
        )

    def forward(self, x):
        x1 = self.primary_conv(x)
        return torch.cat([x1, self.cheap_operation(x1)], 1)[:, : self.o]


class PublicGhostOneBottleneck(Module):
    def __init__(self, i, hidden, o, s):
        super().__init__()
        self.ghost_conv = Sequential(
            PublicGhostOneModule(i, hidden),
            PublicMobileOneBlock(hidden, hidden, 3, s, 1, hidden, is_linear=True)
            if s == 2
            else Sequential(),
            PublicGhostOneModule(hidden, o, is_linear=True),
        )

    def forward(self, x):
        return self.ghost_conv(x)


class PublicNetwork(Module):
    """PFLD_GhostNet (``ghostone=False``) or PFLD_GhostOne."""

    def __init__(self, ghostone, width=1, size=112, points=98):
        super().__init__()
        if ghostone:
            block = PublicGhostOneBottleneck
            hidden = (96, 120, 120, 200, 240, 240, 336, 504, 504, 504, 216)

            def conv(i, o, s, group=1):
                return PublicMobileOneBlock(i, o, 3, s, 1, group)
        else:
            block = PublicGhostBottleneck
            hidden = (128, 160, 160, 240, 288, 288, 384, 576, 576, 576, 288)

            def conv(i, o, s, group=1):
                return conv_block(i, o, 3, s, 1, group)

        def c(n):
            return int(n * width)

        self.conv1, self.conv2 = conv(3, c(64), 2), conv(c(64), c(64), 1, c(64))
        names = ('3_1', '3_2', '3_3', '4_1', '4_2', '4_3', '5_1', '5_2', '5_3', '5_4', '6')
        outs, i = (80,) * 3 + (96,) * 3 + (144,) * 4 + (16,), 64
        self.names = names
        for name, h, o in zip(names, hidden, outs, strict=True):
            setattr(self, f'conv{name}', block(c(i), c(h), c(o), 2 if name.endswith('_1') else 1))
            i = o
        self.conv7 = conv(c(16), c(32), 1)
        self.conv8 = conv_block(c(32), c(128), size // 16, 1, 0, has_bn=False)
        self.pools = [AvgPool2d(size // s) for s in (2, 4, 8, 16)]
        self.fc = Linear(c(64) + c(80) + c(96) + c(144) + c(128), points * 2)

    def forward(self, x):
        x = self.conv2(self.conv1(x))
        pooled = [self.pools[0](x)]
        for name in self.names:
            x = getattr(self, f'conv{name}')(x)
            if name in ('3_3', '4_3', '5_4'):
                pooled.append(self.pools[len(pooled)](x))
        pooled.append(self.conv8(self.conv7(x)))
        return self.fc(torch.cat([p.flatten(1) for p in pooled], 1))
