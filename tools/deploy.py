"""Export a model: ``python tools/deploy.py DEPLOY_CFG MODEL_CFG CHECKPOINT IMAGE --work-dir DIR``.

mmdeploy's own command line. Every exported form is compared with PyTorch before the tool ends well;
``report.json`` in DIR holds the figures.
"""

import argparse
import logging
import sys
from pathlib import Path

from _common import check_folder, quiet_openmp

quiet_openmp()

from pfld_mm.engine.config_options import ConfigOptions


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Export a model and prove that it is the same')
    parser.add_argument('deploy_cfg', help='deploy config, of configs/deploy')
    parser.add_argument('model_cfg', help='model config')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('img', help='image of what the model is for; a face crop, a puzzle')
    parser.add_argument('--test-img', nargs='+', default=[], help='more images to compare with')
    parser.add_argument('--work-dir', required=True, help='folder to write')
    parser.add_argument('--name', help="of the model, in its metadata; by default MODEL_CFG's")
    parser.add_argument(
        '--calib',
        '--quant-image-dir',
        metavar='FOLDER',
        help='folder of crops to calibrate int8 with; by default the training set of MODEL_CFG',
    )
    parser.add_argument(
        '--calib-dataset-cfg', help='config whose validation set int8 is calibrated with'
    )
    parser.add_argument(
        '--dataset', action='store_true', help='evaluate on the test set of MODEL_CFG as well'
    )
    parser.add_argument('--max-samples', type=int, help='evaluate on the first samples only')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        help='override settings of the model config: key.key=value ...',
    )
    parser.add_argument(
        '--device', default='cpu', help='taken for the sake of mmdeploy: tracing needs the CPU only'
    )
    parser.add_argument('--log-level', default='INFO', choices=list(logging._nameToLevel))
    parser.add_argument(
        '--dump-info', action='store_true', help='the folder is always complete, this adds nothing'
    )
    return parser.parse_args()


def main() -> None:
    """Export; exit with 1 and a sentence where something is wrong."""
    args = parse_args()
    check_folder(args.work_dir, '--work-dir')
    logging.basicConfig(format='%(message)s', stream=sys.stdout)
    logging.getLogger('pfld_mm').setLevel(args.log_level)

    from pfld_mm.deploy.make_exporter import make_exporter
    from pfld_mm.deploy.proof import ProofFailed
    from pfld_mm.deploy.proof_images import calibration_crops
    from pfld_mm.engine.config import load_config, read_config

    try:
        cfg = load_config(args.model_cfg, args.cfg_options)
        deploy_cfg = read_config(args.deploy_cfg, 'backend_config')
        name = args.name or Path(args.model_cfg).stem
        exporter = make_exporter(deploy_cfg, cfg, args.checkpoint, args.work_dir, name)
        calibration = None
        if exporter.int8:
            calibration = calibration_crops(
                cfg, exporter.cropper, exporter.int8.images, args.calib, args.calib_dataset_cfg
            )
        exporter.run([args.img, *args.test_img], calibration, args.dataset, args.max_samples)
    except (ImportError, OSError, ProofFailed, RuntimeError, ValueError) as error:
        if args.log_level == 'DEBUG':
            raise
        print(f'deploy.py: {error}', file=sys.stderr)
        sys.exit(1)
    print(f'{args.work_dir}: {", ".join(sorted(p.name for p in Path(args.work_dir).iterdir()))}')


if __name__ == '__main__':
    main()
