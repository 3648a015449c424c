"""What the tools share. Import this first: ``quiet_openmp`` must run before torch is loaded."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmengine.config import Config


def quiet_openmp() -> None:
    """Let waiting OpenMP threads sleep instead of spin.

    Beside the loader's workers, spinning threads make a training step several times slower. libgomp
    reads the setting when torch is loaded.
    """
    os.environ.setdefault('OMP_WAIT_POLICY', 'passive')
    os.environ.setdefault('GOMP_SPINCOUNT', '0')


def parse_args(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Add the arguments that mmpose's tools have in common, and read the command line."""
    from pfld_mm.engine.config_options import ConfigOptions

    parser.add_argument('--work-dir', help='folder for what the tool writes')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        help='override settings of the config: key.key=value ...',
    )
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    args = parser.parse_args()
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def whole_number(low: int, high: int | None = None) -> Callable[[str], int]:
    """A type for argparse: whole numbers in a range, both ends included."""

    def parse(text: str) -> int:
        is_number = text.lstrip('-').isdigit()
        if not is_number or int(text) < low or (high is not None and int(text) > high):
            limits = f'from {low}' if high is None else f'from {low} to {high}'
            raise argparse.ArgumentTypeError(f'expected a whole number {limits}, found {text!r}')
        return int(text)

    return parse


def check_file(path: object, key: str) -> None:
    """End the tool in one sentence if a checkpoint on this machine is not there.

    Args:
        path: The file; addresses (``http://...``) and what is no path are not looked at.
        key: What named it, for the message.
    """
    if isinstance(path, str) and '://' not in path and not Path(path).expanduser().is_file():
        raise SystemExit(f'{key}: the checkpoint {path} does not exist')


def check_ending(path: str | None, key: str, endings: tuple[str, ...]) -> None:
    """End the tool in one sentence if a file to write has another ending, or is a folder."""
    if path is not None and (not path.endswith(endings) or Path(path).is_dir()):
        raise SystemExit(
            f'{key}: expected a file that ends in one of {" ".join(endings)}, found {path}'
        )


def check_folder(path: str | Path, key: str) -> None:
    """End the tool in one sentence if a folder to write can be neither made nor written."""
    path = Path(path).absolute()
    there = next(place for place in (path, *path.parents) if os.path.lexists(place))
    if not there.is_dir() or not os.access(there, os.W_OK):
        fault = 'cannot be written' if there.is_dir() else 'is no folder'
        raise SystemExit(f'{key}: expected a folder to write, but {there} {fault}; name another')


def tool_config(path: str, options: dict | None = None) -> Config:
    """Read a model config, or end the tool in one sentence."""
    from pfld_mm.engine.config import load_config

    try:
        return load_config(path, options)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None


def runner_config(args: argparse.Namespace) -> Config:
    """Read ``args.config`` and put the common arguments into it."""
    from pfld_mm.compat import prepare_cpu_distributed

    cfg = tool_config(args.config, args.cfg_options)
    cfg.launcher = args.launcher
    default = Path('work_dirs', Path(args.config).stem)
    cfg.work_dir = str(args.work_dir or cfg.get('work_dir') or default)
    if cfg.launcher != 'none':
        prepare_cpu_distributed(cfg)
    return cfg


def sample_fault(error: Exception) -> str:
    """What is wrong with one sample or too many; a loader's worker puts a traceback before it."""
    return str(error).strip().rpartition(f'{type(error).__name__}: ')[2]
