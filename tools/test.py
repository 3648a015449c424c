"""Measure a checkpoint: ``python tools/test.py CONFIG CHECKPOINT`` (mmpose's own command line)."""

import argparse
from pathlib import Path

from _common import (
    check_ending,
    check_file,
    parse_args,
    quiet_openmp,
    runner_config,
    sample_fault,
)

quiet_openmp()

from mmengine.config import Config
from mmengine.fileio import dump
from mmengine.runner import Runner


def read_command_line() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Measure a checkpoint')
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--out', help='file for the metrics (.json, .yml or .pkl)')
    parser.add_argument('--dump', help='file for the predictions (.pkl)')
    parser.add_argument('--deploy', action='store_true', help='measure the deployed form')
    return parse_args(parser)


def merge_args(cfg: Config, args: argparse.Namespace) -> None:
    """Put what only testing knows into the config."""
    cfg.load_from = args.checkpoint
    cfg.resume = False
    # The weights of a checkpoint are the averaged ones already.
    cfg.custom_hooks = [
        hook for hook in cfg.get('custom_hooks') or [] if hook.get('type') != 'EMAHook'
    ]
    if not isinstance(cfg.get('test_evaluator'), dict | list):
        return  # a fault that check_config names
    if not isinstance(cfg.test_evaluator, list):
        cfg.test_evaluator = [cfg.test_evaluator]
    for metric in cfg.test_evaluator:
        if metric.get('type') == 'FaceNME':
            report = Path(cfg.work_dir, 'report', metric.get('prefix') or '')
            metric.setdefault('out_dir', str(report))
        elif metric.get('type') == 'SliderAccuracy':
            metric.setdefault('out_file', str(Path(cfg.work_dir, 'report', 'slider_accuracy.json')))
    if args.dump:
        cfg.test_evaluator.append(dict(type='DumpResults', out_file_path=args.dump))


def main() -> None:
    """Measure and report."""
    args = read_command_line()
    check_file(args.checkpoint, 'checkpoint')
    check_ending(args.out, '--out', ('.json', '.yml', '.yaml', '.pkl', '.pickle'))
    check_ending(args.dump, '--dump', ('.pkl', '.pickle'))
    cfg = runner_config(args)
    merge_args(cfg, args)

    from pfld_mm.checkpoints.load import check_fits
    from pfld_mm.compat import CheckpointError
    from pfld_mm.datasets.face.unusable_sample import UnusableSample
    from pfld_mm.engine.config_check import check_config
    from pfld_mm.engine.config_error import ConfigError
    from pfld_mm.engine.config_parts import part

    try:
        check_config(cfg, ('test',))
        with part(cfg.filename):
            runner = Runner.from_cfg(cfg)
    except ConfigError as error:
        raise SystemExit(f'test.py: {error}') from error
    model = getattr(runner.model, 'module', runner.model)
    try:
        check_fits(model, args.checkpoint)
    except (CheckpointError, ValueError) as error:
        raise SystemExit(f'test.py: {error}') from None
    runner.load_or_resume()
    if args.deploy:
        model.switch_to_deploy()
    try:
        metrics = runner.test()
    except UnusableSample as error:
        raise SystemExit(f'test.py: {sample_fault(error)}') from error
    if args.out:
        dump(metrics, args.out)


if __name__ == '__main__':
    main()
