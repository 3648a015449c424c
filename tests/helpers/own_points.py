"""A set of five points of one's own, with its config."""

import cv2
import numpy as np
from helpers.runs import ROOT

CONFIG = """
_base_ = '{base}'
data = dict(
    data_root='{root}',
    one_based=False,
    metainfo=dict(dataset_name='five', num_keypoints=5, flip_pairs=[(0, 1), (3, 4)]),
)
train_dataloader = dict(dataset=dict(folders=['train'], **data))
val_dataloader = dict(dataset=dict(folders=['train'], **data))
test_dataloader = dict(dataset=dict(folders=['train'], **data))
val_evaluator = dict(norm_mode='keypoint_distance', keypoint_indices=(0, 1))
test_evaluator = val_evaluator
model = dict(head=dict(num_keypoints=5))
"""


def write_own_points(folder):
    """24 images with five points in ``folder/mine/train``; the config's path."""
    train = folder / 'mine/train'
    train.mkdir(parents=True)
    points = '\n'.join(f'{x} {y}' for x, y in [(20, 20), (60, 20), (40, 40), (25, 60), (55, 60)])
    for number in range(24):
        cv2.imwrite(str(train / f'{number}.png'), np.full((80, 80, 3), 9 * number, np.uint8))
        (train / f'{number}.pts').write_text(points + '\n')
    path = folder / 'own.py'
    base = ROOT / 'configs/pfld_ghostone_300w.py'
    path.write_text(CONFIG.format(base=base, root=folder / 'mine'))
    return path
