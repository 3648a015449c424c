"""Make a model of one mark-up of a model that learnt two.

``python tools/take_points.py CONFIG SOURCE TARGET --first 98``: CONFIG names the model to make, its
number of points says how many are taken. A checkpoint with EMA holds the averaged weights.
"""

import argparse
import sys

from _common import quiet_openmp

quiet_openmp()

import torch  # noqa: E402
from mmengine.config import Config, DictAction  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Make a model of a part of the points')
    parser.add_argument('config', help='config of the model to make')
    parser.add_argument('source', help='checkpoint of the model with more points')
    parser.add_argument('target', help='checkpoint to write')
    parser.add_argument('--first', type=int, default=0, help='number of the first point to take')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, default={})
    return parser.parse_args()


def main() -> None:
    """Take the points, and prove that the weights fit."""
    args = parse_args()
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options)
    init_default_scope('mmpose')

    from mmpose.registry import MODELS

    from pfld_mm.engine.take_points import take_points

    count = cfg.model.head.num_keypoints
    try:
        source = torch.load(args.source, map_location='cpu', weights_only=True)
        state_dict = take_points(source['state_dict'], args.first, count)
        MODELS.build(cfg.model).load_state_dict(state_dict, strict=True)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        sys.exit(f'{args.source} does not give {count} points for {args.config}: {error}')
    meta = dict(dataset_meta=None, taken_from=f'points {args.first} to {args.first + count - 1}')
    torch.save(dict(state_dict=state_dict, meta=meta), args.target)
    print(f'{args.target}: points {args.first} to {args.first + count - 1}')


if __name__ == '__main__':
    main()
