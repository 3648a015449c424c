"""Every part of a config is built before anything is loaded; a fault is said with its key."""

import pytest
from helpers.runs import ROOT, tiny_config
from mmengine.visualization import Visualizer

from pfld_mm.engine.config import load_config
from pfld_mm.engine.config_check import check_config
from pfld_mm.engine.config_error import ConfigError
from pfld_mm.engine.config_parts import check_parts, closest


@pytest.fixture
def cfg(tmp_path):
    """Of data that are not there: nothing is loaded."""
    return tiny_config('no/such/folder', tmp_path)


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        ('optim_wrapper.optimizer.lr', 'fast', r'^optim_wrapper: TypeError: '),
        ('optim_wrapper.optimizer.lr', -1, r'^optim_wrapper: Invalid learning rate: -1'),
        ('optim_wrapper.optimizer.lr', float('nan'), r'^optim_wrapper: Invalid .*nan'),
        ('optim_wrapper.optimiser.lr', 1, r"^optim_wrapper: .*'optimiser'"),
        (
            'optim_wrapper.optimizer.type',
            'Adamm',
            r"^optim_wrapper\.optimizer\.type: .*'Adamm', did you mean Adam",
        ),
        ('param_scheduler.0.end', -3, r'^param_scheduler\.0: end should be larger'),
        ('train_cfg.max_epoch', 3, r'^train_cfg\.max_epoch: .*did you mean max_epochs\?'),
        ('train_cfg.type', 'Epochs', r"^train_cfg\.type: there is no loop 'Epochs'"),
        ('train_cfg', dict(by_epoch=True, _delete_=True), r"^train_cfg: TypeError: .*'max_epochs'"),
        ('train_cfg', None, r'^train_cfg: expected the settings of this part, found None'),
        ('train_dataloader', None, r'^train_dataloader: expected the settings .*None'),
        ('train_dataloader', 5, r'^train_dataloader: expected the settings .*5'),
        ('val_dataloader', None, r'^val_dataloader: .* set all of val_dataloader, val_cfg and'),
        ('model', None, r'^model: expected the settings'),
        ('model.head.num_keypoints', 'five', r'^model: TypeError: '),
        ('model.head.loss.type', 'Wing', r'^model: KeyError: Wing is not in the mmpose::model reg'),
        ('model.backbone.width_factor', 0, r'^model: '),
        ('model.backbone.input_size', (0, 0), r'^model: input_size .* found \(0, 0\)'),
        ('val_evaluator.norm_mode', 'eyes', r"^val_evaluator: norm_mode must .*'eyes'"),
        ('default_hooks.logger.interval', 0, r'^default_hooks\.logger: interval must be greater'),
        ('default_hooks.chekpoint.interval', 1, r'^default_hooks\.chekpoint: KeyError: .*"type"'),
        (
            'default_hooks.checkpoint.intervall',
            1,
            r"^default_hooks\.checkpoint: .*no setting 'intervall'",
        ),
        ('default_hooks', 5, r'^default_hooks: '),
        ('custom_hooks', 5, r'^custom_hooks: '),
        ('custom_hooks.0.type', 'EMA', r'^custom_hooks\.0: KeyError: EMA is not in'),
        (
            'default_hooks.checkpoint.save_best',
            'nme',
            r"^default_hooks\.checkpoint\.save_best: .* NME/pose, .*'nme', did you mean NME\?",
        ),
        ('randomness.seed', 'abc', r"^randomness\.seed: expected a whole number .*'abc'"),
        ('randomness.sed', 1, r"^randomness: TypeError: .*'sed'"),
        ('data_root', 5, r'^data_root: expected a path, found 5'),
        ('load_from', 5, r'^load_from: expected a path, found 5'),
    ],
)
def test_wrong_values_are_named_by_their_key(cfg, key, value, message):
    cfg.merge_from_dict({key: value})
    with pytest.raises(ConfigError, match=message) as error:
        check_config(cfg)
    assert '\n' not in str(error.value)


def test_points_that_the_mark_up_does_not_have(synthetic_faces, tmp_path):
    options = {
        'val_evaluator.norm_mode': 'keypoint_distance',
        'val_evaluator.keypoint_indices': (0, 98),
    }
    with pytest.raises(ConfigError, match=r'^val_evaluator: keypoint_indices=\(0, 98\) must lie'):
        check_config(tiny_config(synthetic_faces, tmp_path, **options))


@pytest.mark.parametrize('best', [None, 'auto', 'NME/pose', ['NME', 'FR8']])
def test_metrics_that_choose_the_best(cfg, best):
    cfg.default_hooks.checkpoint.save_best = best
    check_parts(cfg, ('train', 'val'))


def test_metrics_that_do_not_say_their_names(cfg):
    cfg.val_evaluator = dict(type='AUC')
    check_parts(cfg, ('train', 'val'))


@pytest.mark.parametrize(
    'path', sorted(ROOT.glob('configs/*.py')), ids=lambda path: path.stem.replace('_', '-')
)
def test_the_parts_of_every_config(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    cfg = load_config(path)
    before = cfg.pretty_text
    for splits in (('train', 'val'), ('test',)):
        check_parts(cfg, splits)
    assert cfg.pretty_text == before
    assert not Visualizer.check_instance_created('config_check')


def test_training_without_validation(cfg):
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    assert check_parts(cfg, ('train', 'val')) == {}


def test_closest():
    assert closest('nme', ['FR8', 'NME']) == ', did you mean NME?' and closest('x', ['NME']) == ''
