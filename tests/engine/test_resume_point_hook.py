"""A state is only gone on with where its epochs are as long."""

from types import SimpleNamespace

import pytest
from mmengine.runner import IterBasedTrainLoop

from pfld_mm.engine.config_error import ConfigError
from pfld_mm.engine.resumable_sampler import ResumableSampler
from pfld_mm.engine.resume_point_hook import ResumePointHook


def make_runner(iterations=5, resume=True):
    loop = SimpleNamespace(max_iters=4 * iterations, max_epochs=4)
    loader = SimpleNamespace(batch_size=8)
    return SimpleNamespace(train_loop=loop, train_dataloader=loader, _resume=resume)


def state(epoch, done, iterations=None):
    note = {} if iterations is None else dict(epoch_iterations=iterations)
    return dict(meta=dict(epoch=epoch, iter=done), **note)


def test_a_state_says_how_long_an_epoch_is():
    checkpoint = {}
    ResumePointHook().before_save_checkpoint(make_runner(), checkpoint)
    assert checkpoint == dict(epoch_iterations=5)


@pytest.mark.parametrize(
    'checkpoint',
    [state(2, 10, 5), state(2, 13, 5), state(1, 10, 5), state(2, 10), state(2, 13), state(0, 5)],
)
def test_the_same_length(checkpoint):
    ResumePointHook().after_load_checkpoint(make_runner(), checkpoint)


@pytest.mark.parametrize(
    ('checkpoint', 'then'),
    [(state(2, 10, 6), 6), (state(2, 6, 3), 3), (state(2, 6), 3), (state(2, 22), 11)],
)
def test_another_length(checkpoint, then):
    message = rf'^train_dataloader\.batch_size: .* {then} iterations .* 5 now.*load_from'
    with pytest.raises(ConfigError, match=message):
        ResumePointHook().after_load_checkpoint(make_runner(), checkpoint)


def test_a_test_builds_no_training_loop():
    ResumePointHook().after_load_checkpoint(SimpleNamespace(_resume=False), state(2, 6))


def test_a_loop_without_epochs_finds_its_place_itself():
    """MMEngine's passes over the batches that were seen."""
    runner = make_runner()
    runner.train_loop = object.__new__(IterBasedTrainLoop)
    runner.iter = 13
    runner.train_dataloader.sampler = ResumableSampler(range(9))
    ResumePointHook().before_train_epoch(runner)
    assert len(runner.train_dataloader.sampler) == 9
    ResumePointHook().after_load_checkpoint(runner, state(0, 13))
