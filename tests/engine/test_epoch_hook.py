"""Augmentations differ from epoch to epoch, with the hook, without it, and with any sampler."""

import pytest
import torch
from helpers.runs import tiny_config, train
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from pfld_mm.engine.epoch_hook import set_epoch


@HOOKS.register_module()
class FirstInputs(Hook):
    """Keeps the sum of every image of every epoch, by the number of the face."""

    def before_train_epoch(self, runner):
        runner.images = [*getattr(runner, 'images', []), {}]

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        for image, sample in zip(data_batch['inputs'], data_batch['data_samples'], strict=True):
            runner.images[-1][sample.metainfo['id']] = int(image.sum(dtype=torch.int64))


@pytest.mark.parametrize('sampler', ['ResumableSampler', 'DefaultSampler'])
@pytest.mark.parametrize('hooks', ['all', 'no epoch hook', 'neither'])
def test_two_epochs_differ(synthetic_faces, tmp_path, hooks, sampler):
    cfg = tiny_config(synthetic_faces, tmp_path, **{'train_cfg.max_epochs': 2})
    cfg.train_dataloader.sampler.type = sampler
    cfg.custom_hooks.append(dict(type='FirstInputs'))
    if hooks != 'all':
        cfg.default_hooks.pop('epoch')
    if hooks == 'neither':
        cfg.default_hooks.pop('resume_point')
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    cfg.default_hooks.checkpoint.save_best = None
    first, second = train(cfg, f'{tmp_path.name}{hooks}{sampler}').images
    both = first.keys() & second.keys()
    assert len(both) > 30
    assert sum(first[face] == second[face] for face in both) <= 1


class Told:
    def set_epoch(self, epoch):
        self.epoch = epoch


def test_wrapped_and_combined_datasets_are_told():
    inner = [Told(), Told()]
    wrapper = type('Wrapper', (), dict(dataset=type('Combined', (), dict(datasets=inner))()))()
    set_epoch(wrapper, 3)
    assert [part.epoch for part in inner] == [3, 3]
