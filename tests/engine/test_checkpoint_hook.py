import os
from types import SimpleNamespace

import pytest
from mmengine.hooks import CheckpointHook as Upstream
from mmengine.logging import MessageHub
from mmengine.registry import init_default_scope
from mmpose.registry import HOOKS

import pfld_mm.register  # noqa: F401
from pfld_mm.engine.checkpoint_hook import CheckpointHook


@pytest.fixture
def run(tmp_path):
    """A runner that only writes files, and a hook that keeps one checkpoint and the best."""

    def save(out_dir, filename, *args, **kwargs):
        if runner.fails:
            raise OSError(28, 'No space left on device')
        runner.seen.append(sorted(os.listdir(tmp_path)))
        (tmp_path / filename).write_text(filename)

    hub = MessageHub.get_instance(f'checkpoint_hook_{tmp_path.name}')
    runner = SimpleNamespace(
        work_dir=str(tmp_path), epoch=0, iter=0, message_hub=hub, fails=False, seen=[]
    )
    runner.save_checkpoint = save
    runner.logger = SimpleNamespace(info=lambda *a: None, warning=lambda *a: None)
    hook = CheckpointHook(interval=1, max_keep_ckpts=1, save_best='NME', rule='less')
    hook.before_train(runner)
    return runner, hook, tmp_path


def epoch(runner, hook, number, nme):
    runner.epoch = number - 1
    hook._save_checkpoint(runner)
    runner.epoch = number
    hook.after_val_epoch(runner, dict(NME=nme))


def test_configs_get_it():
    init_default_scope('mmpose')
    assert type(HOOKS.build(dict(type='CheckpointHook'))) is CheckpointHook
    assert issubclass(CheckpointHook, Upstream)


def test_the_old_files_go_when_the_new_ones_are_there(run):
    runner, hook, folder = run
    epoch(runner, hook, 1, 0.5)
    epoch(runner, hook, 2, 0.4)
    names = sorted(os.listdir(folder))
    assert names == ['best_NME_epoch_2.pth', 'epoch_2.pth', 'last_checkpoint']
    assert all('epoch_1.pth' in seen or 'epoch_2.pth' in seen for seen in runner.seen[1:])
    assert any({'best_NME_epoch_1.pth', 'epoch_2.pth'} <= set(seen) for seen in runner.seen)
    assert (folder / 'last_checkpoint').read_text() == str(folder / 'epoch_2.pth')


def test_a_worse_epoch_leaves_the_best(run):
    runner, hook, folder = run
    epoch(runner, hook, 1, 0.4)
    epoch(runner, hook, 2, 0.5)
    assert sorted(os.listdir(folder)) == ['best_NME_epoch_1.pth', 'epoch_2.pth', 'last_checkpoint']


@pytest.mark.parametrize('is_copied', [True, False])
def test_another_run_keeps_its_best(run, tmp_path_factory, is_copied):
    """The state that is resumed names the best checkpoint of the run that wrote it."""
    runner, hook, folder = run
    theirs = tmp_path_factory.mktemp('theirs') / 'best_NME_epoch_1.pth'
    theirs.write_text('best')
    mine = folder / theirs.name
    if is_copied:
        mine.write_text('best')
    runner.message_hub.update_info('best_ckpt', str(theirs))
    runner.message_hub.update_info('best_score', 0.5)
    hook.before_train(runner)
    assert hook.best_ckpt_path == (str(mine) if is_copied else None)
    epoch(runner, hook, 2, 0.4)
    assert theirs.exists() and not mine.exists()
    assert (folder / 'best_NME_epoch_2.pth').exists()


def test_another_run_keeps_its_best_of_several(run, tmp_path_factory):
    runner, _, folder = run
    theirs = tmp_path_factory.mktemp('theirs') / 'best_NME_epoch_1.pth'
    theirs.write_text('best')
    runner.message_hub.update_info('best_ckpt_NME', str(theirs))
    hook = CheckpointHook(interval=1, save_best=['NME', 'FR8'], rule='less')
    hook.before_train(runner)
    runner.epoch = 2
    hook.after_val_epoch(runner, dict(NME=0.1, FR8=0.1))
    assert theirs.exists() and (folder / 'best_NME_epoch_2.pth').exists()


def test_a_full_disk_removes_nothing(run):
    runner, hook, folder = run
    epoch(runner, hook, 1, 0.5)
    before = sorted(os.listdir(folder))
    runner.fails = True
    with pytest.raises(OSError, match='space'):
        epoch(runner, hook, 2, 0.4)
    assert sorted(os.listdir(folder)) == before
