"""Train a model: ``python tools/train.py CONFIG`` (mmpose's own command line)."""

import argparse
import sys

from _common import check_file, parse_args, quiet_openmp, runner_config

quiet_openmp()

import torch
from mmengine.config import Config
from mmengine.runner import Runner


def read_command_line() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Train a model')
    parser.add_argument('config', help='config file')
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
    return parse_args(parser)


def merge_args(cfg: Config, args: argparse.Namespace) -> None:
    """Put what only training knows into the config."""
    if args.no_validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        cfg.default_hooks.checkpoint.save_best = None
    if args.amp:
        cfg.optim_wrapper.type = (
            'AmpOptimWrapper' if torch.cuda.is_available() else 'CPUAmpOptimWrapper'
        )
    if args.resume is not None:
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    if args.auto_scale_lr:
        cfg.auto_scale_lr.enable = True


def main() -> None:
    """Train; exit with 130 after Ctrl-C, the state saved."""
    args = read_command_line()
    cfg = runner_config(args)
    merge_args(cfg, args)
    check_file(cfg.get('load_from'), '--resume' if args.resume else 'load_from')

    from pfld_mm.compat import CheckpointError
    from pfld_mm.engine.config_check import check_config
    from pfld_mm.engine.config_error import ConfigError
    from pfld_mm.engine.finite_loss_hook import TrainingDiverged
    from pfld_mm.engine.resume_point_hook import TrainingInterrupted

    try:
        check_config(cfg)
        Runner.from_cfg(cfg).train()
    except (CheckpointError, ConfigError, TrainingDiverged) as error:
        print(f'train.py: {error}', file=sys.stderr)
        sys.exit(1)
    except TrainingInterrupted as stop:
        print(f'\n{stop}', file=sys.stderr)
        sys.exit(130)


if __name__ == '__main__':
    main()
