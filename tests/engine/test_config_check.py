"""A config is checked as a whole before anything is trained."""

import pytest
from helpers.own_points import write_own_points
from helpers.runs import ROOT, tiny_config
from mmpose.registry import DATASETS

from pfld_mm.datasets.face.wflw import WFLW
from pfld_mm.engine import config_check
from pfld_mm.engine.config import load_config
from pfld_mm.engine.config_check import check_config
from pfld_mm.engine.config_error import ConfigError


@pytest.fixture
def cfg(synthetic_faces, tmp_path):
    cfg = tiny_config(synthetic_faces, tmp_path / 'work')
    return cfg


@pytest.fixture
def own_config(tmp_path):
    return write_own_points(tmp_path)


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


@pytest.mark.parametrize('missing', [['val'], ['train'], ['train', 'val']])
def test_what_is_missing_is_said_before_the_training_set_is_read(cfg, monkeypatch, missing):
    read = []

    class Watched(WFLW):
        def load_faces(self):
            read.append(self.part)
            return super().load_faces()

    monkeypatch.setitem(DATASETS.module_dict, 'WFLW', Watched)
    for split in missing:
        cfg[f'{split}_dataloader'].dataset.data_root = 'no/such'
    with pytest.raises(ConfigError, match=rf'^{missing[0]}_dataloader\.dataset: .*no/such'):
        check_config(cfg)
    assert len(read) == 1


def test_a_folder_that_only_the_validation_misses(own_config):
    cfg = load_config(own_config)
    cfg.val_dataloader.dataset.folders = ['helen/testset']
    cfg.train_dataloader.dataset.folders = ['no']  # not come to
    with pytest.raises(ConfigError, match=r'^val_dataloader\.dataset: .*helen/testset does not'):
        check_config(cfg)


def test_a_test_set_that_is_missing_is_said_but_no_fault(cfg, monkeypatch):
    said = []
    monkeypatch.setattr(config_check, 'print_log', lambda text, **_: said.append(text))
    cfg.test_dataloader.dataset.data_root = 'no/such'
    check_config(cfg)
    assert 'tools/test.py will fail: test_dataloader.dataset: ' in said[-1]
    with pytest.raises(ConfigError, match=r'^test_dataloader\.dataset: .*no/such'):
        check_config(cfg, ('test',))


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        ('train_dataloader.dataset.type', 'WFWL', r'^train_dataloader\.dataset: KeyError: .*WFWL'),
        ('val_dataloader.dataset.bx', 1, r"^val_dataloader\.dataset: TypeError: .*'bx'"),
        ('train_dataloader.batchsize', 4, r"^train_dataloader: TypeError: .*'batchsize'"),
        ('train_dataloader.prefetch_factor', 0, r'^train_dataloader\.prefetch_factor: .*found 0'),
        ('model.head.num_keypoints', 97, r'^model\.head\.num_keypoints=97, .*have 98 .*=98$'),
        ('val_dataloader.batch_size', 0, r'^val_dataloader\.batch_size: .* from 1, found 0'),
        (
            'train_dataloader.num_workers',
            -1,
            r'^train_dataloader\.num_workers: .*found -1',
        ),
        ('train_dataloader.batch_size', '8,', r"^train_dataloader\.batch_size: .*found '8,'"),
        ('train_cfg.max_epochs', 0, r'^train_cfg\.max_epochs: expected a whole number from 1'),
        ('train_cfg.val_interval', 2.5, r'^train_cfg\.val_interval: .*found 2\.5'),
    ],
)
def test_wrong_values_are_named_by_their_key(cfg, key, value, message):
    cfg.merge_from_dict({key: value})
    with pytest.raises(ConfigError, match=message) as error:
        check_config(cfg)
    assert '\n' not in str(error.value)


def test_a_work_dir_that_cannot_be_written(cfg, tmp_path):
    (tmp_path / 'file').write_text('')
    cfg.work_dir = str(tmp_path / 'file' / 'work')
    with pytest.raises(ConfigError, match=r'^work_dir: cannot write to .*--work-dir'):
        check_config(cfg)


def test_the_own_points_config_works(own_config):
    cfg = load_config(own_config)
    assert cfg.train_dataloader.dataset.data_root.endswith('mine')
    check_config(cfg)
    assert cfg.train_dataloader.drop_last is False


def test_the_pose_of_points_without_a_model(own_config):
    cfg = load_config(own_config)
    cfg.model = load_config(
        ROOT / 'configs/pfld_pose_wflw.py', {'model.head.num_keypoints': 5}
    ).model
    with pytest.raises(ConfigError, match=r'model\.head\.pose_channels: the pose of 5 points'):
        check_config(cfg)


def test_the_command_line_wins_everywhere(own_config):
    cfg = load_config(own_config, {'data_root': '/elsewhere'})
    assert cfg.train_dataloader.dataset.data_root == '/elsewhere'
