"""Make a small checkpoint of a finished training, to keep or to hand on.

``python tools/publish.py CONFIG SOURCE TARGET``: the weights that CONFIG's model needs and nothing
else, in float16; of a training with EMA, the averaged ones. A model that learnt two mark-ups gives
one for each: CONFIG's number of points says how many are taken, ``--first`` where they begin. The
checkpoint carries mmpose's ``dataset_meta``, so ``MMPoseInferencer`` takes it. SOURCE and
TARGET may be the same file.
"""

import argparse
import sys

from _common import check_file, quiet_openmp, tool_config

quiet_openmp()

from pfld_mm.engine.config_options import ConfigOptions


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Make a small checkpoint of a finished training')
    parser.add_argument('config', help='config of the model to make')
    parser.add_argument('source', help='checkpoint of the training')
    parser.add_argument('target', help='checkpoint to write')
    parser.add_argument('--first', type=int, help='number of the first point to take')
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions, default={})
    return parser.parse_args()


def main() -> None:
    """Take the weights, and prove that they fit."""
    args = parse_args()
    cfg = tool_config(args.config, args.cfg_options)
    check_file(args.source, 'source')

    from mmpose.registry import MODELS

    from pfld_mm.checkpoints.load import check_finite
    from pfld_mm.checkpoints.publish import in_half, slice_keypoints, write_checkpoint
    from pfld_mm.compat import CheckpointError
    from pfld_mm.compat.checkpoints import load_local

    try:
        state_dict = load_local(args.source, 'cpu')['state_dict']
        check_finite(state_dict, args.source)
        if args.first is not None:
            state_dict = slice_keypoints(state_dict, args.first, cfg.model.head.num_keypoints)
        state_dict = in_half(state_dict)
        MODELS.build(cfg.model).load_state_dict(state_dict, strict=True)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        sys.exit(f'{args.source} gives no model for {args.config}: {error}')
    try:
        write_checkpoint(args.target, state_dict, cfg)
    except CheckpointError as error:
        sys.exit(f'target: {error}')
    print(f'{args.target}: {len(state_dict)} tensors; measure it with tools/test.py')


if __name__ == '__main__':
    main()
