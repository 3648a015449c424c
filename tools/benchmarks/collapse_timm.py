"""A training step of a timm model, plain against collapsed, in turns: ``collapse_timm.py [MODEL]``.

Needs timm (with torchvision, on which it depends). Prints medians and their ratio.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time

import timm
import torch
from torch import Tensor, nn

from pfld_mm.models.layers.collapse_blocks import collapse_


def main() -> None:
    """Time both forms in turns and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('model', nargs='?', default='mobileone_s0')
    parser.add_argument('--batch-size', type=int, default=32)
    parser.add_argument('--size', type=int, default=224)
    parser.add_argument('--rounds', type=int, default=7)
    args = parser.parse_args()
    torch.manual_seed(0)
    model = timm.create_model(args.model).train()
    plain = slice_before_stems(copy.deepcopy(model))
    forms = {
        'plain': plain,
        'plain, channels_last': copy.deepcopy(plain).to(memory_format=torch.channels_last),
        'collapsed': collapse_(model),
    }
    x = torch.randn(args.batch_size, 3, args.size, args.size)
    times: dict[str, list[float]] = {name: [] for name in forms}
    for number in range(args.rounds + 1):
        for name, model in forms.items():
            layout = torch.channels_last if 'last' in name else torch.contiguous_format
            seconds = step(model, x.contiguous(memory_format=layout))
            if number:  # the first round warms up
                times[name].append(seconds)
    for name, values in times.items():
        ratio = statistics.median(a / b for a, b in zip(values, times['plain'], strict=True))
        print(f'{name:22s} {statistics.median(values):7.3f} s   {ratio:.2f} of plain')


def slice_before_stems(model: nn.Module) -> nn.Module:
    """Let strided 1x1 convolutions of an image read every second pixel themselves.

    The same function. torch 2.13 on the CPU may crash in the weight gradient of such a convolution.
    """
    for conv in model.modules():
        if isinstance(conv, nn.Conv2d) and conv.kernel_size == (1, 1) and conv.in_channels == 3:
            rows, columns = conv.stride
            conv.stride = (1, 1)
            conv.register_forward_pre_hook(
                lambda _, inputs, r=rows, c=columns: (inputs[0][:, :, ::r, ::c],)
            )
    return model


def step(model: nn.Module, x: Tensor) -> float:
    """Seconds of one forward and backward pass."""
    model.zero_grad()
    start = time.perf_counter()
    model(x).square().mean().backward()
    return time.perf_counter() - start


if __name__ == '__main__':
    main()
