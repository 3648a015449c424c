"""A config is checked as a whole before anything is trained or tested."""

from __future__ import annotations

import logging
import math
import os
import tempfile
from collections.abc import Sequence
from typing import Any

from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.logging import print_log
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import DATASETS

from pfld_mm.compat.config_datasets import config_datasets
from pfld_mm.core.face_markups import MARKUPS
from pfld_mm.core.text import short
from pfld_mm.engine.config_error import ConfigError
from pfld_mm.engine.config_parts import check_parts, part


def check_config(cfg: Config, splits: Sequence[str] = ('train', 'val')) -> None:
    """Build all parts, then the datasets of all loaders, and choose what follows from them.

    The training set is read last, so what another loader misses is said before.
    Loaders without workers lose ``persistent_workers``; ``drop_last`` follows from the number of
    samples and the batch. Each choice is logged, and so is a test set that training does not need
    and that cannot be read.

    Args:
        cfg: Changed in place.
        splits: Whose loaders are used: ``('train', 'val')`` or ``('test',)``.

    Raises:
        ConfigError: In one sentence, with the key to set.
    """
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    evaluators = check_parts(cfg, splits)
    _check_work_dir(cfg)
    for split in splits:
        _check_numbers(cfg, split)
    for split in _in_order(cfg, splits):
        key = f'{split}_dataloader'
        if cfg.get(key) is None:
            continue
        _settle_workers(cfg[key], key)
        dataset = _built(cfg[key], key)
        if split == 'train':
            _settle_batch(cfg[key], key, len(dataset))
            _check_points(cfg, dataset.metainfo)
        with part(key):
            Runner.build_dataloader({**cfg[key], 'dataset': _Shared(dataset)}, seed=0)
        if split in evaluators:
            with part(f'{split}_evaluator'):
                _check_markup(evaluators[split], dataset.metainfo)
    if 'test' not in splits:
        _look_at_test(cfg)


def _in_order(cfg: Config, splits: Sequence[str]) -> list[str]:
    """First the loaders whose folders are missing; of the others, the training set last."""

    def rank(split: str) -> int:
        loader = cfg.get(f'{split}_dataloader') or {}
        roots = [one.get('data_root') for one in config_datasets(loader.get('dataset'))]
        has_roots = all(os.path.isdir(root) for root in roots if root)
        return has_roots + (has_roots and split == 'train')

    return sorted(splits, key=rank)


class _Shared:
    """A dataset that ``build_dataloader`` does not copy."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def __deepcopy__(self, memo: dict) -> _Shared:
        return self

    def __len__(self) -> int:
        return len(self._dataset)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dataset, name)


def _built(loader: dict, key: str) -> Any:
    """The dataset of a loader."""
    with part(f'{key}.dataset'):
        dataset = DATASETS.build(loader['dataset'])
        samples = len(dataset)
    if samples == 0:
        raise ConfigError(f'{key}.dataset has no sample: set its annotation and `part`')
    return dataset


def _look_at_test(cfg: Config) -> None:
    """Say it now if the test set is missing; training does without."""
    loader, other = (cfg.get(f'{split}_dataloader') for split in ('test', 'val'))
    if not loader or (other and loader.get('dataset') == other['dataset']):
        return
    try:
        _built(loader, 'test_dataloader')
    except ConfigError as error:
        print_log(
            f'Training needs no test set, but tools/test.py will fail: {error}',
            logger='current',
            level=logging.WARNING,
        )


def _check_numbers(cfg: Config, split: str) -> None:
    """Whole numbers that torch and mmengine would refuse later and without the key."""
    lows = dict(batch_size=1, num_workers=0, prefetch_factor=1)
    wanted = {f'{split}_dataloader.{name}': low for name, low in lows.items()}
    if split == 'train':
        wanted |= {'train_cfg.max_epochs': 1, 'train_cfg.val_interval': 1}
    for key, low in wanted.items():
        group, name = key.split('.')
        value = (cfg.get(group) or {}).get(name)
        if value is None or (name == 'val_interval' and cfg.get('val_cfg') is None):
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < low:
            raise ConfigError(f'{key}: expected a whole number from {low}, found {short(value)}')


def _check_work_dir(cfg: Config) -> None:
    if not cfg.get('work_dir'):
        return
    try:
        os.makedirs(cfg.work_dir, exist_ok=True)
        with tempfile.TemporaryFile(dir=cfg.work_dir) as file:
            file.write(b'.')
    except OSError as error:
        raise ConfigError(
            f'work_dir: cannot write to {cfg.work_dir} ({error.strerror}): make it writable, or '
            'give another --work-dir'
        ) from error


def _settle_workers(loader: dict, key: str) -> None:
    """Loaders without workers: remove options that torch only accepts with workers."""
    if loader.get('num_workers', 0) == 0:
        for name in ('persistent_workers', 'prefetch_factor'):
            if loader.pop(name, None):
                _say(f'{key}.{name} is left out: {key}.num_workers=0')


def _settle_batch(loader: dict, key: str, samples: int) -> None:
    """Set drop_last so that an epoch has a batch, and none of one sample (no batch statistics)."""
    if 'batch_size' not in loader:
        return
    batch = loader['batch_size']
    mine = math.ceil(samples / int(os.environ.get('WORLD_SIZE', 1)))
    if min(mine, batch) < 2:
        raise ConfigError(
            f'{key}: {samples} samples in batches of {batch} make batches of one, which has no '
            f'batch statistics: give more samples, or set {key}.batch_size to 2 or more'
        )
    if loader.get('drop_last', False) and mine < batch:
        loader['drop_last'] = False
        _say(
            f'{key}.drop_last=False: the {mine} samples of a process make no whole batch of {batch}'
        )
    elif not loader.get('drop_last', False) and mine % batch == 1 and mine > batch:
        loader['drop_last'] = True
        _say(f'{key}.drop_last=True: the last batch would have one sample')


def _check_markup(evaluator: Evaluator, metainfo: dict) -> None:
    """Metrics may say beforehand that they cannot measure a mark-up."""
    for metric in evaluator.metrics:
        if hasattr(metric, 'check_markup') and metainfo.get('num_keypoints'):
            metric.check_markup(metainfo['num_keypoints'])


def _check_points(cfg: Config, metainfo: dict) -> None:
    """The head gives the data's points, and solves the pose of mark-ups with a 3-D model alone."""
    points = metainfo.get('num_keypoints')
    given = cfg.model.get('head', {}).get('num_keypoints', points)
    if points and given != points:
        raise ConfigError(
            f'model.head.num_keypoints={given}, but the data have {points} points a face; set '
            f'model.head.num_keypoints={points}'
        )
    if points not in MARKUPS and cfg.model.get('head', {}).get('pose_channels'):
        raise ConfigError(
            f'model.head.pose_channels: the pose of {points} points cannot be solved, they '
            'have no 3-D model: set model.head.pose_channels=None and another model.head.loss'
        )


def _say(choice: str) -> None:
    print_log(f'Chosen for you: {choice}', logger='current', level=logging.INFO)
