"""Draw a slider model's predictions: ``tools/draw_slider.py CONFIG CHECKPOINT OUT``."""

import argparse
import sys
from pathlib import Path

from _common import (
    check_ending,
    check_file,
    check_folder,
    quiet_openmp,
    tool_config,
    whole_number,
)

quiet_openmp()

import cv2
import numpy as np
import torch
from mmengine.dataset import pseudo_collate

from pfld_mm.engine.config_options import ConfigOptions

CODEC = 'CenterOffsetAngleLabel'


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Draw predictions on the test set, worst first')
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('out', type=Path, help='image to write')
    parser.add_argument('--count', type=whole_number(1), default=12, help='how many')
    parser.add_argument(
        '--spread',
        action='store_true',
        help='evenly from the worst to the best, not only the worst',
    )
    parser.add_argument('--columns', type=whole_number(1), default=3)
    parser.add_argument('--channel', choices=['gap', 'piece'], default='gap', help='which heatmap')
    parser.add_argument(
        '--cfg-options', nargs='+', action=ConfigOptions, help='override settings of the config'
    )
    return parser.parse_args()


def draw_sample(
    dataset: object, index: int, prediction: object, error: float, channel: int
) -> np.ndarray:
    """One tile of the sheet: the image of sample ``index`` with scores and marks."""
    from pfld_mm.evaluation.slider_sheet import draw_prediction, heatmap_in_image

    info = dataset.get_data_info(index)
    heatmap = heatmap_in_image(
        prediction.pred_fields.heatmaps[channel].cpu().numpy(),
        info['img'].shape[:2],
        prediction.input_center,
        prediction.input_scale,
    )
    points = zip(info['keypoints'][0], info['keypoints_visible'][0], strict=True)
    truth = [point if visible else None for point, visible in points]
    scores = ' '.join(f'{score:.2f}' for score in prediction.pred_instances.keypoint_scores[0])
    title = f'{Path(info["img_path"]).name}: {error:.1f} px, scores {scores}'
    pred = prediction.pred_instances.keypoints[0]
    return draw_prediction(info['img'], pred, truth, info['decoys'], heatmap, title)


@torch.no_grad()
def main() -> None:
    """Run the model over the test set, sort the predictions by the error of the gap, draw some."""
    args = parse_args()
    cfg = tool_config(args.config, args.cfg_options)
    check_file(args.checkpoint, 'checkpoint')
    check_ending(str(args.out), 'out', ('.png', '.jpg', '.jpeg'))
    check_folder(args.out.parent, 'out')
    codec = cfg.get('codec', {}).get('type')
    if codec != CODEC:
        sys.exit(f'{args.config}: expected the config of a slider ({CODEC}), found {codec}')
    cfg.merge_from_dict({'model.test_cfg.output_heatmaps': True})

    from mmpose.apis import init_model
    from mmpose.registry import DATASETS

    from pfld_mm.checkpoints.load import check_fits
    from pfld_mm.engine.config_error import ConfigError
    from pfld_mm.engine.config_parts import part
    from pfld_mm.evaluation.slider_sheet import slider_sheet

    try:
        with part('test_dataloader.dataset'):
            dataset = DATASETS.build(cfg.test_dataloader.dataset)
        with part('checkpoint'):
            model = init_model(cfg, args.checkpoint, 'cuda' if torch.cuda.is_available() else 'cpu')
            check_fits(model, args.checkpoint)
    except ConfigError as error:
        sys.exit(f'draw_slider.py: {error}')
    cases = []
    for index in range(len(dataset)):
        (prediction,) = model.test_step(pseudo_collate([dataset[index]]))
        off = prediction.pred_instances.keypoints[0, 0] - prediction.gt_instances.keypoints[0, 0]
        cases.append((float(np.hypot(*off)), index, prediction))
    cases.sort(key=lambda case: -case[0])
    if args.spread:
        places = np.linspace(0, len(cases) - 1, min(args.count, len(cases)))
        cases = [cases[int(place)] for place in places]
    channel = ('gap', 'piece').index(args.channel)
    chosen = cases[: args.count]
    tiles = [draw_sample(dataset, i, prediction, error, channel) for error, i, prediction in chosen]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(args.out), slider_sheet(tiles, args.columns, 640))
    which = 'from the worst to the best' if args.spread else 'worst'
    print(f'{args.out}: {len(tiles)} of {len(dataset)}, {which}')


if __name__ == '__main__':
    main()
