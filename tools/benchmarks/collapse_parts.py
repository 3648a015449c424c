"""Where a collapsed training step of PFLD-GhostOne spends its time: ``collapse_parts.py``.

Plain, collapsed and deployed backbone run in turns on one thread. Times are those of the processor,
which other work on the machine affects less than the clock's; figures are medians over the rounds.
ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2 in the environment
hold a processor with AVX-512 to AVX2.
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault('OMP_WAIT_POLICY', 'passive')  # before torch is imported

import torch
from torch.autograd import Function
from torch.nn import functional as F

from pfld_mm.models.backbones.pfld_ghostone import PFLDGhostOne
from pfld_mm.models.layers import collapse
from pfld_mm.models.layers.batch_statistics import _OutputStatistics
from pfld_mm.models.layers.collapse import _Fold
from pfld_mm.models.layers.depthwise_moments import DepthwiseMoments
from pfld_mm.models.layers.pointwise_moments import PointwiseMoments

PARTS: dict[str, type[Function]] = {
    'moments of depthwise convolutions': DepthwiseMoments,
    'moments of 1x1 convolutions and the stem': PointwiseMoments,
    'means and variances of the branches': _OutputStatistics,
    'fold': _Fold,
}
FORMS: dict[str, dict[str, bool]] = dict(
    plain=dict(collapse=False), collapsed=dict(), deployed=dict(inference_mode=True)
)


def timed(function: Callable, key: str, seconds: dict[str, float]) -> Callable:
    """The function, its processor time added to ``seconds[key]``."""

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        start = time.process_time()
        result = function(*args, **kwargs)
        seconds[key] = seconds.get(key, 0.0) + time.process_time() - start
        return result

    return call


def instrument(seconds: dict[str, float]) -> None:
    """Time the parts of the collapse, forward and backward, from now on."""
    for name, part in PARTS.items():
        for way in ('forward', 'backward'):
            setattr(part, way, staticmethod(timed(getattr(part, way), f'{name}, {way}', seconds)))
    collapse.update_running = timed(collapse.update_running, 'running statistics', seconds)


def step(model: torch.nn.Module, x: torch.Tensor) -> float:
    """Seconds of one forward and backward pass."""
    model.zero_grad()
    start = time.process_time()
    vector = torch.cat([F.adaptive_avg_pool2d(y, 1).flatten(1) for y in model(x)], 1)
    vector.square().mean().backward()
    return time.process_time() - start


def main() -> None:
    """Time the forms in turns, then print the parts of the collapsed one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--batch-size', type=int, default=32)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    seconds: dict[str, float] = {}
    instrument(seconds)
    x = torch.rand(args.batch_size, 3, 112, 112)
    models = {form: PFLDGhostOne(**options).train() for form, options in FORMS.items()}
    for model in models.values():
        step(model, x)  # the first one warms up
    totals: list[dict[str, float]] = []
    parts: list[dict[str, float]] = []
    for _ in range(args.rounds):
        seconds.clear()
        totals.append({form: step(model, x) for form, model in models.items()})
        parts.append({key: value / totals[-1]['collapsed'] for key, value in seconds.items()})
    print(f'{torch.backends.cpu.get_cpu_capability()}, batch {args.batch_size}, one thread')
    for form in ('collapsed', 'deployed'):
        ratios = sorted(total[form] / total['plain'] for total in totals)
        spread = f'{ratios[0]:.3f} to {ratios[-1]:.3f}'
        print(f'{form} / plain: {statistics.median(ratios):.3f} ({spread})')
    print('parts of the collapsed step:')
    for key in parts[0]:
        print(f'  {key:52}{100 * statistics.median(part[key] for part in parts):5.1f} %')


if __name__ == '__main__':
    main()
