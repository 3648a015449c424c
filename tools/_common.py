"""What the tools share. Import this first: ``quiet_openmp`` must run before torch is loaded."""

from __future__ import annotations

import argparse
import os
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
    from mmengine.config import DictAction

    parser.add_argument('--work-dir', help='folder for what the tool writes')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='override settings of the config: key.key=value ...',
    )
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    args = parser.parse_args()
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def check_file(path: str | None, key: str) -> None:
    """End the tool in one sentence if a checkpoint on this machine is not there.

    Args:
        path: The file; addresses (``http://...``) and None are not looked at.
        key: What named it, for the message.
    """
    if path is not None and '://' not in path and not Path(path).expanduser().is_file():
        raise SystemExit(f'{key}: the checkpoint {path} does not exist')


def runner_config(args: argparse.Namespace) -> Config:
    """Read ``args.config`` and put the common arguments into it."""
    from pfld_mm.compat import prepare_cpu_distributed
    from pfld_mm.engine.config import load_config

    try:
        cfg = load_config(args.config, args.cfg_options)
    except FileNotFoundError as error:
        raise SystemExit(str(error)) from None
    cfg.launcher = args.launcher
    cfg.work_dir = (
        args.work_dir or cfg.get('work_dir') or str(Path('work_dirs', Path(args.config).stem))
    )
    if cfg.launcher != 'none':
        prepare_cpu_distributed(cfg)
    return cfg
