"""Train a model: ``python tools/train.py CONFIG`` (mmpose's own command line)."""

import argparse
import os
import sys
from pathlib import Path

from _startup import quiet_openmp

quiet_openmp()

import torch  # noqa: E402
from mmengine.config import Config, DictAction  # noqa: E402
from mmengine.runner import Runner  # noqa: E402

from pfld_mm.datasets.data_root import apply_data_root  # noqa: E402


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Train a model')
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', help='folder for logs and checkpoints')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        help='go on from a checkpoint; without a path, from the newest in the work dir',
    )
    parser.add_argument('--amp', action='store_true', help='mixed precision')
    parser.add_argument('--no-validate', action='store_true', help='do not validate')
    parser.add_argument(
        '--auto-scale-lr', action='store_true', help='scale the learning rate with the batch size'
    )
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


def merge_args(cfg: Config, args: argparse.Namespace) -> Config:
    """Put the command line into the config."""
    if args.cfg_options is not None:
        cfg.merge_from_dict(args.cfg_options)
    apply_data_root(cfg)
    if args.no_validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        cfg.default_hooks.checkpoint.save_best = None
    cfg.launcher = args.launcher
    cfg.work_dir = (
        args.work_dir or cfg.get('work_dir') or str(Path('work_dirs', Path(args.config).stem))
    )
    if args.amp:
        cfg.optim_wrapper.type = (
            'AmpOptimWrapper' if torch.cuda.is_available() else 'CPUAmpOptimWrapper'
        )
    if args.resume is not None:
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    if args.auto_scale_lr:
        cfg.auto_scale_lr.enable = True
    return cfg


def main() -> None:
    """Train; exit with 130 after Ctrl-C, the state saved."""
    args = parse_args()
    cfg = merge_args(Config.fromfile(args.config), args)

    from pfld_mm.compat import prepare_cpu_distributed
    from pfld_mm.engine.resume_point_hook import TrainingInterrupted

    if cfg.launcher != 'none':
        prepare_cpu_distributed(cfg)
    try:
        Runner.from_cfg(cfg).train()
    except TrainingInterrupted as stop:
        print(f'\n{stop}', file=sys.stderr)
        sys.exit(130)


if __name__ == '__main__':
    main()
