"""A run that is stopped anywhere and resumed ends with the same bits as one that was not."""

import os
import re
import signal
import time

import pytest
import torch
from helpers.runs import CONFIG, command_line, tiny_config, tiny_options, tool, train
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from pfld_mm.engine.resume_point_hook import TrainingInterrupted


@HOOKS.register_module()
class SignalAt(Hook):
    """Sends a signal to this process after an iteration."""

    def __init__(self, iteration, number):
        self.iteration, self.number = iteration, number

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter == self.iteration:
            os.kill(os.getpid(), self.number)


def state(runner):
    """All that training has changed: weights, averages and the optimizer's moments."""
    weights = dict(runner.model.state_dict())
    for hook in runner.hooks:
        if type(hook).__name__ == 'EMAHook':
            weights |= {f'ema.{k}': v for k, v in hook.ema_model.state_dict().items()}
    for index, moments in runner.optim_wrapper.state_dict()['state'].items():
        weights |= {f'optimizer.{index}.{k}': v for k, v in moments.items()}
    return weights


def assert_same_bits(found, expected):
    assert found.keys() == expected.keys()
    assert [key for key in expected if not torch.equal(found[key], expected[key])] == []


@pytest.fixture(scope='module')
def uninterrupted(synthetic_faces, tmp_path_factory):
    """20 iterations in one go."""
    cfg = tiny_config(synthetic_faces, tmp_path_factory.mktemp('uninterrupted'))
    runner = train(cfg, 'uninterrupted')
    assert runner.iter == 20
    return state(runner)


@pytest.mark.parametrize(
    ('iteration', 'number'),
    [(12, signal.SIGINT), (9, signal.SIGTERM)],
    ids=['inside', 'at the end'],
)
def test_stopped_by_a_signal_and_resumed_bit_equal(
    synthetic_faces, tmp_path, uninterrupted, iteration, number
):
    """Inside an epoch (iteration 13 of 20) and after the last batch of one (iteration 10)."""
    cfg = tiny_config(synthetic_faces, tmp_path)
    cfg.custom_hooks.append(dict(type='SignalAt', iteration=iteration, number=number))
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(TrainingInterrupted, match=f'after iteration {iteration + 1}.*--resume'):
        train(cfg, f'stopped_{iteration}')
    for number_, handler in zip((signal.SIGINT, signal.SIGTERM), handlers, strict=True):
        signal.signal(number_, handler)
    cfg.custom_hooks.pop()
    resumed = train(cfg, f'resumed_{iteration}', resume=True)
    assert resumed.iter == 20
    assert_same_bits(state(resumed), uninterrupted)


def test_the_state_loads_with_weights_only(synthetic_faces, tmp_path):
    train(tiny_config(synthetic_faces, tmp_path, **{'train_cfg.max_epochs': 1}), 'weights_only')
    checkpoint = torch.load(tmp_path / 'epoch_1.pth', weights_only=True)
    assert {'state_dict', 'optimizer', 'param_schedulers', 'ema_state_dict'} <= checkpoint.keys()


def test_killed_and_resumed(synthetic_faces, tmp_path, uninterrupted):
    """SIGKILL leaves no time to save: the run goes on from the last resume point."""
    options = tiny_options(synthetic_faces) | {'default_hooks.resume_point.minutes': 0}
    arguments = [CONFIG, '--work-dir', tmp_path, '--resume', *command_line(options)]
    process = tool('train', *arguments, wait=False)
    while not (tmp_path / 'resume_point.pth').exists():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    process.kill()
    process.wait()
    done = tool('train', *arguments)
    assert done.returncode == 0, done.stdout
    # where it was killed is chance: a busy machine looks late
    resumed = re.search(r'resumed epoch: \d+, iter: (\d+)', done.stdout)
    assert resumed and int(resumed[1]) > 0, done.stdout
    averages = torch.load(tmp_path / 'epoch_4.pth', weights_only=True)['state_dict']
    assert_same_bits(averages, {key: uninterrupted[f'ema.module.{key}'] for key in averages})
