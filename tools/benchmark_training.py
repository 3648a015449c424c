"""Images a second of a training step and its parts: ``tools/benchmark_training.py CONFIG``.

All forms of the network (collapsed, plain, and the deployed graph as the lower bound) run in turns,
so that other load on the machine affects them alike. Figures are medians.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from _common import check_ending, parse_args, quiet_openmp, runner_config, whole_number

quiet_openmp()

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from torch import nn

FORMS = dict(
    collapsed=dict(collapse=True), plain=dict(collapse=False), deployed=dict(inference_mode=True)
)
PARTS = ('forward', 'backward', 'optimizer')


def device(text: str) -> str:
    """A type for argparse: a device of this machine."""
    try:
        torch.zeros(1, device=text)
    except (AssertionError, NotImplementedError, RuntimeError) as error:
        reason = str(error).partition('\n')[0]
        raise argparse.ArgumentTypeError(f'cannot use {text!r} here ({reason})') from None
    return text


def read_command_line() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='config file, e.g. configs/pfld_ghostone_wflw.py')
    parser.add_argument('--batch-sizes', type=whole_number(1), nargs='+', default=[32, 128])
    parser.add_argument('--rounds', type=whole_number(1), default=10, help='steps of every form')
    parser.add_argument('--threads', type=whole_number(1), help='of torch; all cores by default')
    parser.add_argument('--loader', action='store_true', help="time the config's data loader, too")
    parser.add_argument(
        '--device', type=device, default='cuda' if torch.cuda.is_available() else 'cpu'
    )
    parser.add_argument('--out', help='file for the figures (.json)')
    parser.add_argument('--peak', choices=FORMS, help=argparse.SUPPRESS)  # the child process
    return parse_args(parser)


class Step:
    """One training step of a form of the config's network on random images.

    Args:
        cfg: The config.
        form: A key of ``FORMS``; networks that are not re-parameterised have no forms.
        batch_size: N.
        device: Where to run.
    """

    def __init__(self, cfg: Config, form: str, batch_size: int, device: str) -> None:
        from mmpose.registry import MODELS

        torch.manual_seed(0)
        model = cfg.model.copy()
        if model.backbone.type == 'PFLDGhostOne':
            model.backbone = {**model.backbone, **FORMS[form]}
        self.model: nn.Module = MODELS.build(model).to(device).train()
        w, h = cfg.codec.input_size
        self.x = torch.rand(batch_size, 3, h, w, device=device)
        self.target = torch.rand_like(self.model(self.x, None))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4, fused=True)
        self.synchronize: Callable = torch.cuda.synchronize if device != 'cpu' else lambda: None

    def __call__(self) -> dict[str, float]:
        """Run it; returns the seconds of each part."""
        self.optimizer.zero_grad()
        times = [self._now()]
        loss = self.model.head.loss_module(self.model(self.x, None), self.target)
        times.append(self._now())
        loss.backward()
        times.append(self._now())
        self.optimizer.step()
        times.append(self._now())
        return {part: times[i + 1] - times[i] for i, part in enumerate(PARTS)}

    def _now(self) -> float:
        self.synchronize()
        return time.perf_counter()


def time_forms(cfg: Config, batch_size: int, rounds: int, device: str) -> dict[str, dict]:
    """Medians of every form: seconds of the parts, and of the step relative to the plain form's."""
    reparameterised = cfg.model.backbone.type == 'PFLDGhostOne'
    forms = list(FORMS) if reparameterised else ['plain']
    steps = {form: Step(cfg, form, batch_size, device) for form in forms}
    for step in (*steps.values(), *steps.values()):
        step()  # the first two warm up
    runs: dict[str, list[dict]] = {form: [] for form in forms}
    for _ in range(rounds):
        for form, step in steps.items():
            runs[form].append(step())
    totals = {form: [sum(run.values()) for run in runs[form]] for form in forms}
    figures = {}
    for form in forms:
        seconds = statistics.median(totals[form])
        ratios = [a / b for a, b in zip(totals[form], totals['plain'], strict=True)]
        figures[form] = dict(
            {part: statistics.median(run[part] for run in runs[form]) for part in PARTS},
            step=seconds,
            images_per_second=batch_size / seconds,
            relative_to_plain=statistics.median(ratios),
        )
    return figures


def peak_megabytes(args: argparse.Namespace, form: str, batch_size: int) -> float:
    """Peak memory of two steps of one form, in a process of its own."""
    command = [sys.executable, __file__, args.config, '--peak', form, '--device', args.device]
    command += ['--batch-sizes', str(batch_size)]
    if args.cfg_options:
        command += ['--cfg-options', *(f'{k}={v}' for k, v in args.cfg_options.items())]
    return float(subprocess.check_output(command, text=True).splitlines()[-1])


def print_peak(cfg: Config, form: str, batch_size: int, device: str) -> None:
    """What the child process does: the memory of two steps, the libraries not counted."""
    before = _megabytes('VmRSS')
    step = Step(cfg, form, batch_size, device)
    step()
    step()
    if device == 'cpu':
        print(_megabytes('VmHWM') - before)
    else:
        print(torch.cuda.max_memory_allocated() / 2**20)


def _megabytes(field: str) -> float:
    """One line of this process's status on Linux; getrusage gives a child its parent's peak."""
    status = Path('/proc/self/status').read_text(encoding='utf-8')
    return int(re.search(rf'{field}:\s+(\d+) kB', status)[1]) / 1024


def time_loader(cfg: Config, batches: int = 30) -> float:
    """Images a second of the config's own training loader, its workers running."""
    loader = Runner.build_dataloader(cfg.train_dataloader, seed=0)
    iterator, count = iter(loader), 0
    next(iterator)
    start = time.perf_counter()
    for _ in range(batches):
        batch = next(iterator, None)
        if batch is None:
            break
        count += len(batch['inputs'])
    return count / (time.perf_counter() - start)


def main() -> None:
    """Measure and print."""
    args = read_command_line()
    check_ending(args.out, '--out', ('.json',))
    cfg = runner_config(args)
    init_default_scope('mmpose')
    if args.threads:
        torch.set_num_threads(args.threads)
    if args.peak:
        print_peak(cfg, args.peak, args.batch_sizes[0], args.device)
        return
    result: dict = dict(config=args.config, device=args.device, threads=torch.get_num_threads())
    if args.loader:
        result['loader_images_per_second'] = time_loader(cfg)
        print(f'loader: {result["loader_images_per_second"]:.0f} images a second')
    for batch_size in args.batch_sizes:
        figures = time_forms(cfg, batch_size, args.rounds, args.device)
        print(f'\nbatch {batch_size}, {args.device}, medians of {args.rounds} steps')
        print('form       forward  backward  optimizer    step  images/s  of plain  peak MB')
        for form, row in figures.items():
            row['peak_megabytes'] = peak_megabytes(args, form, batch_size)
            print(
                f'{form:<10}{row["forward"]:8.3f}{row["backward"]:10.3f}{row["optimizer"]:11.3f}'
                f'{row["step"]:8.3f}{row["images_per_second"]:10.1f}'
                f'{row["relative_to_plain"]:10.3f}{row["peak_megabytes"]:9.0f}'
            )
        result[f'batch_{batch_size}'] = figures
    if args.out:
        Path(args.out).write_text(json.dumps(result, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
