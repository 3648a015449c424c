"""Measure a checkpoint: ``python tools/test.py CONFIG CHECKPOINT`` (mmpose's own command line)."""

import argparse
import os
from pathlib import Path

from _startup import quiet_openmp

quiet_openmp()

from mmengine.config import Config, DictAction  # noqa: E402
from mmengine.fileio import dump  # noqa: E402
from mmengine.runner import Runner  # noqa: E402

from pfld_mm.datasets.data_root import apply_data_root  # noqa: E402


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Measure a checkpoint')
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--work-dir', help='folder for the report')
    parser.add_argument('--out', help='file for the metrics (.json, .yml or .pkl)')
    parser.add_argument('--dump', help='file for the predictions (.pkl)')
    parser.add_argument('--deploy', action='store_true', help='measure the deployed form')
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
    cfg.launcher = args.launcher
    cfg.load_from = args.checkpoint
    cfg.resume = False
    # The weights of a checkpoint are the averaged ones already.
    cfg.custom_hooks = [hook for hook in cfg.get('custom_hooks', []) if hook.type != 'EMAHook']
    cfg.work_dir = (
        args.work_dir or cfg.get('work_dir') or str(Path('work_dirs', Path(args.config).stem))
    )
    if not isinstance(cfg.test_evaluator, list):
        cfg.test_evaluator = [cfg.test_evaluator]
    for metric in cfg.test_evaluator:
        if metric.type == 'FaceNME':
            metric.setdefault('out_dir', str(Path(cfg.work_dir, 'report')))
    if args.dump:
        cfg.test_evaluator.append(dict(type='DumpResults', out_file_path=args.dump))
    return cfg


def main() -> None:
    """Measure and report."""
    args = parse_args()
    cfg = merge_args(Config.fromfile(args.config), args)

    from pfld_mm.compat import prepare_cpu_distributed
    from pfld_mm.engine.strict_loading import check_fits

    if cfg.launcher != 'none':
        prepare_cpu_distributed(cfg)
    runner = Runner.from_cfg(cfg)
    model = getattr(runner.model, 'module', runner.model)
    check_fits(model, args.checkpoint)
    runner.load_or_resume()
    if args.deploy:
        model.switch_to_deploy()
    metrics = runner.test()
    if args.out:
        dump(metrics, args.out)


if __name__ == '__main__':
    main()
