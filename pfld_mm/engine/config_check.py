"""A config is checked as a whole before anything is trained or tested."""

from __future__ import annotations

import logging
import math
import os
import tempfile
from collections.abc import Sequence

from mmengine.config import Config
from mmengine.logging import print_log
from mmpose.registry import DATASETS

from pfld_mm.core.face_markups import MARKUPS


class ConfigError(ValueError):
    """A config that cannot work; the message names the key to set."""


def check_config(cfg: Config, splits: Sequence[str] = ('train', 'val')) -> None:
    """Build the datasets of all loaders, and choose what follows from them.

    Loaders without workers lose ``persistent_workers``; ``drop_last`` follows from the number of
    samples and the batch; ``GenerateFaceLabels(euler=True)`` is set to False where the mark-up has
    no 3-D model and nothing learns the pose. Each choice is logged.

    Args:
        cfg: Changed in place.
        splits: Whose loaders are used: ``('train', 'val')`` or ``('test',)``.

    Raises:
        ConfigError: In one sentence, with the key to set.
    """
    _check_work_dir(cfg)
    for split in splits:
        key = f'{split}_dataloader'
        if cfg.get(key) is None:
            continue
        _settle_workers(cfg[key], key)
        try:
            dataset = DATASETS.build(cfg[key].dataset)
            samples = len(dataset)
        except (OSError, ValueError) as error:
            raise ConfigError(f'{key}.dataset: {error}') from error
        if samples == 0:
            raise ConfigError(f'{key}.dataset has no sample: set its annotation and `part`')
        if split == 'train':
            _settle_batch(cfg[key], key, samples)
            _settle_euler(cfg, dataset.metainfo)


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


def _settle_euler(cfg: Config, metainfo: dict) -> None:
    """The head pose is solved with a 3-D model of the mark-up, which not every one has."""
    steps = [
        step
        for step in _steps(cfg.train_dataloader.dataset)
        if step.get('type') == 'GenerateFaceLabels' and step.get('euler', False)
    ]
    points = metainfo.get('num_keypoints')
    if not steps or (points in MARKUPS and MARKUPS[points].half_mean_face is not None):
        return
    if cfg.model.get('head', {}).get('pose_channels'):
        raise ConfigError(
            f'model.head.pose_channels: the pose of {points} points cannot be solved, they '
            'have no 3-D model: set model.head.pose_channels=None and another model.head.loss'
        )
    for step in steps:
        step['euler'] = False
    _say(f'GenerateFaceLabels.euler=False: there is no 3-D model of {points} points')


def _steps(dataset: dict) -> list[dict]:
    """The pipelines' steps of a dataset's config and of what it wraps."""
    inner = [dataset.get('dataset'), *(dataset.get('datasets') or [])]
    steps = list(dataset.get('pipeline') or [])
    return steps + [step for part in inner if part is not None for step in _steps(part)]


def _say(choice: str) -> None:
    print_log(f'Chosen for you: {choice}', logger='current', level=logging.INFO)
