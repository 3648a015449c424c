"""Train a model: ``python tools/train.py CONFIG`` (mmpose's own command line)."""

import argparse
import sys

from _common import check_file, parse_args, quiet_openmp, runner_config, sample_fault

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


def settle_start(cfg: Config) -> None:
    """Find the newest state of the work dir where no other is named."""
    from pfld_mm.compat.latest_checkpoint import find_latest_checkpoint

    if cfg.get('resume') and cfg.get('load_from') is None:
        cfg.load_from = find_latest_checkpoint(cfg.work_dir)
        cfg.resume = cfg.load_from is not None


def make_runner(cfg: Config) -> Runner:
    """The Runner; what it will start from fits its model."""
    from pfld_mm.checkpoints.load import check_resumable, check_start
    from pfld_mm.engine.config_parts import part

    with part(cfg.filename):
        runner = Runner.from_cfg(cfg)
    if cfg.get('load_from') is not None:
        model = getattr(runner.model, 'module', runner.model)
        with part('--resume' if cfg.resume else 'load_from'):
            if cfg.resume:
                check_resumable(model, cfg.load_from)
            else:
                runner.logger.info(check_start(model, cfg.load_from))
    return runner


def main() -> None:
    """Train; exit with 130 after Ctrl-C, the state saved."""
    args = read_command_line()
    cfg = runner_config(args)
    merge_args(cfg, args)
    check_file(cfg.get('load_from'), '--resume' if args.resume else 'load_from')

    from pfld_mm.compat import CheckpointError, CheckpointNotWritten
    from pfld_mm.datasets.face.unusable_sample import TooManyUnusable, UnusableSample
    from pfld_mm.engine.config_check import check_config
    from pfld_mm.engine.config_error import ConfigError
    from pfld_mm.engine.finite_loss_hook import TrainingDiverged
    from pfld_mm.engine.resume_point_hook import TrainingInterrupted

    try:
        check_config(cfg)
        settle_start(cfg)
        make_runner(cfg).train()
    except CheckpointNotWritten as error:
        sys.exit(f'train.py: {error}; then go on with --resume')
    except (CheckpointError, ConfigError, TrainingDiverged) as error:
        sys.exit(f'train.py: {error}')
    except (TooManyUnusable, UnusableSample) as error:
        sys.exit(f'train.py: {sample_fault(error)}')
    except TrainingInterrupted as stop:
        print(f'\n{stop}', file=sys.stderr)
        sys.exit(130)


if __name__ == '__main__':
    main()
