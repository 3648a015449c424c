from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmpose.registry import DATASETS
from torch.utils.data import DataLoader

from pfld_mm.engine.config import apply_data_root

BASE = Path(__file__).parents[2] / 'configs' / '_base_' / 'datasets'


def wflw_config(name: str, root: Path) -> Config:
    cfg = Config.fromfile(BASE / f'{name}.py')
    cfg.merge_from_dict({'data_root': str(root)})
    apply_data_root(cfg)
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.dataset.ann_file = 'list.txt'
    return cfg


@pytest.mark.parametrize('name', ['wflw', 'synthetic_faces'])
def test_wflw_like_base_gives_batches(write_wflw, name):
    cfg = wflw_config(name, write_wflw(12))
    train, val = (
        DATASETS.build(loader.dataset) for loader in (cfg.train_dataloader, cfg.val_dataloader)
    )
    assert (len(train), len(val)) == (10, 2)
    sample = train[0]
    assert sample['inputs'].shape == (3, 112, 112) and sample['inputs'].dtype == torch.uint8
    labels = sample['data_samples'].gt_instance_labels
    assert labels.keypoint_labels.shape == (1, 98, 2)
    assert labels.euler.shape == (1, 3) and labels.attributes.shape == (1, 6)
    evaluated = val[0]['data_samples']
    assert evaluated.metainfo['attributes'].shape == (6,)
    assert 'raw_ann_info' in evaluated.metainfo


def test_training_and_test_lists_differ():
    cfg = Config.fromfile(BASE / 'wflw.py')
    lists = [
        cfg[f'{split}_dataloader'].dataset.ann_file.rpartition('_')[2]
        for split in ('train', 'val', 'test')
    ]
    assert lists == ['train.txt', 'train.txt', 'test.txt']
    assert cfg.train_dataloader.dataset.part == ('train', 0.05)
    assert cfg.val_dataloader.dataset.part == ('val', 0.05)


def test_ibug_base_gives_batches(write_pts, face_points):
    cfg = Config.fromfile(BASE / 'ibug68.py')
    for folder in cfg.train_folders:
        root = write_pts(face_points(68, (100, 80), 90), folder=folder)
    cfg.merge_from_dict({'data_root': str(root)})
    apply_data_root(cfg)
    train = DATASETS.build(cfg.train_dataloader.dataset)
    assert len(train) == 2
    labels = train[0]['data_samples'].gt_instance_labels
    assert labels.keypoint_labels.shape == (1, 68, 2)
    assert labels.attributes.tolist() == [[0] * 6]


def test_samples_do_not_depend_on_workers(write_wflw):
    cfg = wflw_config('wflw', write_wflw(12))
    data = DATASETS.build(cfg.train_dataloader.dataset)
    data.set_epoch(0)

    def inputs(**options):
        loader = DataLoader(data, batch_size=3, collate_fn=pseudo_collate, **options)
        return torch.stack([image for batch in loader for image in batch['inputs']])

    torch.testing.assert_close(inputs(), inputs(num_workers=2), rtol=0, atol=0)


def test_face_stays_under_its_points(write_wflw):
    """Flip, shift, scale, rotation: a dot painted at a point is found at its label."""
    root = write_wflw(2)
    line = (root / 'list.txt').read_text().splitlines()[0].split()
    points = np.array(line[:196], float).reshape(98, 2)
    image = np.full((160, 200, 3), 40, np.uint8)
    at = points[96]
    cv2.circle(image, tuple(round(v * 16) for v in at), 3 * 16, (255,) * 3, -1, cv2.LINE_AA, 4)
    cv2.imwrite(str(root / 'WFLW_images' / 'image_0.jpg'), image)
    cfg = wflw_config('wflw', root)
    steps = [s for s in cfg.train_pipeline if s['type'] != 'SeededAlbumentation']
    data = DATASETS.build(dict(cfg.test_dataloader.dataset, pipeline=[*steps[:-1]], test_mode=True))
    flips = set()
    for epoch in range(12):
        data.set_epoch(epoch)
        results = data[0]
        flips.add(results['flip'])
        bright = results['img'].mean(-1).clip(60) - 60
        rows, columns = np.mgrid[:112, :112]
        found = np.array([(bright * columns).sum(), (bright * rows).sum()]) / bright.sum()
        name = 97 if results['flip'] else 96
        np.testing.assert_allclose(results['transformed_keypoints'][0, name], found, atol=0.2)
    assert flips == {True, False}


def test_test_pipeline_takes_a_image_without_labels():
    """What mmpose.apis.inference_topdown gives it."""
    pipeline = Compose(Config.fromfile(BASE / 'wflw.py').val_pipeline)
    box = np.array([[10.0, 10, 90, 90]])
    packed = pipeline(dict(img=np.zeros((100, 100, 3), np.uint8), bbox=box, bbox_score=np.ones(1)))
    assert packed['inputs'].shape == (3, 112, 112)
