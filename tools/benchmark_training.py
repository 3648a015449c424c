"""Time a training step of PFLDGhostOne: collapsed, plain and deployed, paired in one run.

The collapsed and the plain form compute the same; the deployed graph, trained as it is, is the
floor that the collapsed form cannot beat. The forms take turns step by step, so that whatever else the
machine does hits all of them, and medians are shown. Peak memory is measured in processes of their
own. Example::

    python tools/benchmark_training.py --batch-size 32 --steps 10 --out training.json
"""

from _startup import quiet_openmp

quiet_openmp()

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch import nn

import pfld_mm.register  # noqa: F401
from pfld_mm.models.backbones.pfld_ghostone import PFLDGhostOne

FORMS = {
    'collapsed': dict(collapse=True),
    'plain': dict(collapse=False),
    'deployed': dict(inference_mode=True),
}
PARTS = ('forward', 'backward', 'optimizer')


def parse_args() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--forms', nargs='+', choices=FORMS, default=list(FORMS))
    parser.add_argument('--batch-size', nargs='+', type=int, default=[32])
    parser.add_argument('--steps', type=int, default=10, help='timed steps of each form')
    parser.add_argument('--branches', type=int, default=6, help='convolution branches of a block')
    parser.add_argument('--size', type=int, default=112, help='side of the input in pixels')
    parser.add_argument('--threads', type=int, help="torch's threads (default: its own choice)")
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    parser.add_argument('--no-memory', action='store_true', help='do not measure peak memory')
    parser.add_argument('--out', type=Path, help='write the results to this JSON file')
    parser.add_argument('--memory-of', choices=FORMS, help=argparse.SUPPRESS)
    return parser.parse_args()


def build(form: str, args: argparse.Namespace) -> tuple[nn.Module, torch.optim.Optimizer]:
    """The network in one form, and its optimizer."""
    torch.manual_seed(0)
    size = args.size, args.size
    model = PFLDGhostOne(num_conv_branches=args.branches, input_size=size, **FORMS[form])
    model = model.to(args.device).train()
    return model, torch.optim.AdamW(model.parameters(), lr=1e-5)


def step(
    model: nn.Module, optimizer: torch.optim.Optimizer, pictures: torch.Tensor
) -> tuple[float, float, float]:
    """Seconds of forward, backward and optimizer."""
    times = [clock(pictures)]
    loss = sum(feature.square().mean() for feature in model(pictures))
    times.append(clock(pictures))
    optimizer.zero_grad()
    loss.backward()
    times.append(clock(pictures))
    optimizer.step()
    times.append(clock(pictures))
    return tuple(end - start for start, end in zip(times, times[1:], strict=False))


def clock(pictures: torch.Tensor) -> float:
    """The time after all work that is under way."""
    if pictures.is_cuda:
        torch.cuda.synchronize(pictures.device)
    return time.perf_counter()


def time_forms(args: argparse.Namespace, batch_size: int) -> dict[str, dict[str, float]]:
    """Median seconds of every part of a step, for every form; one step each in turn."""
    pictures = torch.randn(batch_size, 3, args.size, args.size, device=args.device)
    built = {form: build(form, args) for form in args.forms}
    seconds = {form: [] for form in args.forms}
    for index in range(args.steps + 2):
        for form, (model, optimizer) in built.items():
            parts = step(model, optimizer, pictures)
            if index >= 2:  # the first two warm up
                seconds[form].append(parts)
    results = {}
    for form, steps in seconds.items():
        results[form] = {
            part: statistics.median(times)
            for part, times in zip(PARTS, zip(*steps, strict=True), strict=True)
        }
        results[form]['step'] = statistics.median(sum(parts) for parts in steps)
    return results


def memory_of(form: str, args: argparse.Namespace) -> float:
    """MiB that three steps need at their peak, above what the process needs before."""
    model, optimizer = build(form, args)
    pictures = torch.randn(args.batch_size[0], 3, args.size, args.size, device=args.device)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        step(model, optimizer, pictures)
    if pictures.is_cuda:
        return torch.cuda.max_memory_allocated(pictures.device) / 2**20
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10


def measure_memory(form: str, args: argparse.Namespace, batch_size: int) -> float:
    """:func:`memory_of` in a fresh process."""
    command = [sys.executable, __file__, '--memory-of', form, '--batch-size', str(batch_size)]
    for option in ('branches', 'size', 'threads', 'device'):
        if getattr(args, option) is not None:
            command += [f'--{option}', str(getattr(args, option))]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def show(batch_size: int, results: dict[str, dict[str, float]]) -> None:
    """Print one table."""
    print(f'\nbatch {batch_size}: milliseconds (medians)')
    print(
        f'{"form":10}{"forward":>10}{"backward":>10}{"optimizer":>10}{"step":>10}'
        f'{"pictures/s":>12}{"of plain":>10}{"peak MiB":>10}'
    )
    plain = results.get('plain', {}).get('step')
    for form, row in results.items():
        times = ''.join(f'{1000 * row[part]:10.1f}' for part in (*PARTS, 'step'))
        ratio = f'{row["step"] / plain:10.3f}' if plain else f'{"-":>10}'
        memory = f'{row["peak_mib"]:10.0f}' if 'peak_mib' in row else f'{"-":>10}'
        print(f'{form:10}{times}{batch_size / row["step"]:12.1f}{ratio}{memory}')


def main() -> None:
    """Measure, print and write."""
    args = parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    if args.memory_of:
        print(json.dumps(memory_of(args.memory_of, args)))
        return
    report = {'torch': torch.__version__, 'threads': torch.get_num_threads(), 'batches': {}}
    for batch_size in args.batch_size:
        results = time_forms(args, batch_size)
        if not args.no_memory:
            for form in args.forms:
                results[form]['peak_mib'] = measure_memory(form, args, batch_size)
        show(batch_size, results)
        report['batches'][batch_size] = results
    if args.out:
        args.out.write_text(json.dumps(report, indent=2) + '\n')
        print(f'\nwritten to {args.out}')


if __name__ == '__main__':
    main()
