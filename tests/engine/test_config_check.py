"""A config is checked as a whole before anything is trained."""

import pytest
from helpers.runs import tiny_config

from pfld_mm.engine.config import load_config
from pfld_mm.engine.config_check import ConfigError, check_config


@pytest.fixture
def cfg(synthetic_faces, tmp_path):
    cfg = tiny_config(synthetic_faces, tmp_path / 'work')
    return cfg


def test_a_good_config_stays_as_it_is(cfg):
    before = cfg.pretty_text
    check_config(cfg)
    assert cfg.train_dataloader.drop_last and cfg.pretty_text.count('euler=True') == before.count(
        'euler=True'
    )


def test_no_workers(cfg):
    cfg.train_dataloader.update(num_workers=0, persistent_workers=True, prefetch_factor=2)
    check_config(cfg)
    assert not {'persistent_workers', 'prefetch_factor'} & cfg.train_dataloader.keys()


@pytest.mark.parametrize(
    ('batch', 'drop_last', 'chosen'),
    [(100, True, False), (43, True, True), (6, False, True), (8, False, False), (42, False, True)],
)
def test_drop_last(cfg, batch, drop_last, chosen):
    """43 faces: fewer than a batch, exactly one, and a last batch of one (6 x 7 + 1)."""
    cfg.train_dataloader.update(batch_size=batch, drop_last=drop_last)
    check_config(cfg)
    assert cfg.train_dataloader.drop_last is chosen


def test_batches_of_one(cfg):
    cfg.train_dataloader.batch_size = 1
    with pytest.raises(ConfigError, match=r'43 samples in batches of 1 .*train_dataloader\.batch_'):
        check_config(cfg)


@pytest.mark.parametrize('split', ['train', 'val'])
def test_a_root_that_one_loader_misses(cfg, split):
    cfg[f'{split}_dataloader'].dataset.data_root = 'no/such'
    with pytest.raises(ConfigError, match=rf'^{split}_dataloader\.dataset: .*no/such'):
        check_config(cfg)


def test_a_work_dir_that_cannot_be_written(cfg, tmp_path):
    (tmp_path / 'file').write_text('')
    cfg.work_dir = str(tmp_path / 'file' / 'work')
    with pytest.raises(ConfigError, match=r'^work_dir: cannot write to .*--work-dir'):
        check_config(cfg)


OWN = """
_base_ = '{base}'
data = dict(
    data_root='{root}',
    one_based=False,
    metainfo=dict(dataset_name='five', num_keypoints=5, flip_pairs=[(0, 1), (3, 4)]),
)
train_dataloader = dict(dataset=dict(folders=['train'], **data))
val_dataloader = dict(dataset=dict(folders=['train'], **data))
model = dict(head=dict(num_keypoints=5))
"""


@pytest.fixture
def own_config(tmp_path):
    """README's own points: 24 images of five points."""
    import cv2
    import numpy as np
    from helpers.runs import ROOT

    folder = tmp_path / 'mine/train'
    folder.mkdir(parents=True)
    points = '\n'.join(f'{x} {y}' for x, y in [(20, 20), (60, 20), (40, 40), (25, 60), (55, 60)])
    for number in range(24):
        cv2.imwrite(str(folder / f'{number}.png'), np.full((80, 80, 3), 9 * number, np.uint8))
        (folder / f'{number}.pts').write_text(points + '\n')
    path = tmp_path / 'own.py'
    base = ROOT / 'configs/pfld_ghostone_300w.py'
    path.write_text(OWN.format(base=base, root=tmp_path / 'mine'))
    return path


def test_the_own_points_config_works(own_config):
    cfg = load_config(own_config)
    assert cfg.train_dataloader.dataset.data_root.endswith('mine')
    check_config(cfg)
    assert cfg.train_dataloader.drop_last is False
    steps = [step for step in cfg.train_dataloader.dataset.pipeline if 'euler' in step]
    assert [step.euler for step in steps] == [False]


def test_the_pose_of_points_without_a_model(own_config):
    cfg = load_config(own_config, {'model.head.pose_channels': 64})
    with pytest.raises(ConfigError, match=r'model\.head\.pose_channels: the pose of 5 points'):
        check_config(cfg)


def test_the_command_line_wins_everywhere(own_config):
    cfg = load_config(own_config, {'data_root': '/elsewhere'})
    assert cfg.train_dataloader.dataset.data_root == '/elsewhere'
