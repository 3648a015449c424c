"""Whatever instant a run is cut off at, the newest state that can be read is found."""

import os
import re
import shutil

import pytest
import torch
from mmengine import runner

import pfld_mm.compat  # noqa: F401
from pfld_mm.compat import CheckpointError, checkpoints, latest_checkpoint, save_checkpoint
from pfld_mm.compat.latest_checkpoint import (
    find_latest_checkpoint,
    remove_partial,
    write_pointer,
)


@pytest.fixture
def work_dir(tmp_path):
    """Three states, of ages in this order, and a pointer to the last."""
    for age, name in enumerate(['epoch_1.pth', 'epoch_2.pth', 'resume_point.pth']):
        torch.save(dict(state_dict=dict(w=torch.full((9,), float(age)))), tmp_path / name)
        os.utime(tmp_path / name, (age, age))
    write_pointer(tmp_path, 'resume_point.pth')
    return tmp_path


@pytest.fixture
def said(monkeypatch):
    """The warnings."""
    lines = []
    monkeypatch.setattr(latest_checkpoint, 'print_log', lambda text, **_: lines.append(text))
    return lines


def found(work_dir):
    path = runner.find_latest_checkpoint(str(work_dir))
    return path and os.path.basename(path)


def test_the_pointer_is_followed(work_dir):
    assert runner.runner.find_latest_checkpoint is find_latest_checkpoint
    assert found(work_dir) == 'resume_point.pth'
    write_pointer(work_dir, 'epoch_1.pth')
    assert found(work_dir) == 'epoch_1.pth'


@pytest.mark.parametrize('text', [b'', b'.', b'/no/such/epo', b'\xff\xfe', None])
def test_a_pointer_that_was_cut_off(work_dir, text):
    pointer = work_dir / 'last_checkpoint'
    pointer.unlink() if text is None else pointer.write_bytes(text)
    assert found(work_dir) == 'resume_point.pth'


def test_truncated_states_are_passed_over(work_dir):
    for name, size in [('resume_point.pth', 100), ('epoch_2.pth', 0)]:
        os.truncate(work_dir / name, size)
    assert found(work_dir) == 'epoch_1.pth'


def test_only_damaged_states_stop_the_run(work_dir):
    for path in work_dir.glob('*.pth'):
        os.truncate(path, 10)
    with pytest.raises(CheckpointError, match=r'none of its 3 .*\(resume_point\.pth, '):
        found(work_dir)


def test_a_folder_without_states_is_said(tmp_path, said):
    assert found(tmp_path) is None
    assert said == [f'{tmp_path} has no checkpoint to resume from: the run starts from scratch']


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda folder: (folder / 'epoch_9.pth').symlink_to('epoch_9.pth'), None),
        (lambda folder: (folder / 'last_checkpoint').mkdir(), 'cannot be read .*Is a directory'),
        (lambda folder: (folder / 'last_checkpoint').write_text('x' * 5000), 'which is no file'),
    ],
    ids=['link to itself', 'folder', 'long line'],
)
def test_odd_work_dirs(work_dir, said, make, message):
    (work_dir / 'last_checkpoint').unlink()
    make(work_dir)
    assert found(work_dir) == 'resume_point.pth'
    assert message is None or re.search(message, said[0])


@pytest.mark.parametrize('name', ['last_checkpoint', 'last_checkpoint.part'])
def test_a_folder_in_the_place_of_the_pointer(tmp_path, said, name):
    (tmp_path / name).mkdir()
    write_pointer(tmp_path, 'epoch_1.pth')
    remove_partial(tmp_path)
    assert 'is a folder, so last_checkpoint was not written' in said[0]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_moved_work_dir_is_still_read(work_dir, tmp_path_factory):
    moved = work_dir.rename(tmp_path_factory.mktemp('elsewhere') / 'run')
    assert runner.find_latest_checkpoint(str(moved)) == str(moved / 'resume_point.pth')


def test_a_copied_work_dir_goes_on_from_its_own_states(work_dir, tmp_path_factory):
    copy = shutil.copytree(work_dir, tmp_path_factory.mktemp('copy') / 'run')
    assert runner.find_latest_checkpoint(str(copy)) == str(copy / 'resume_point.pth')


def test_what_was_begun_is_removed(work_dir):
    (work_dir / 'epoch_3.pth.part').write_bytes(b'PK')
    (work_dir / 'last_checkpoint.part').write_text('epo')
    (work_dir / 'video.mp4.part').write_text('of somebody else')
    remove_partial(work_dir)
    assert [path.name for path in work_dir.glob('*.part')] == ['video.mp4.part']
    assert (work_dir / 'epoch_2.pth').exists()


@pytest.mark.parametrize('error', [OSError(28, 'No space left on device'), RuntimeError('writer')])
def test_a_full_disk_keeps_the_old_state(work_dir, monkeypatch, error):
    def fail(checkpoint, filename):
        with open(filename, 'wb') as file:
            file.write(b'half')
        raise error

    path = work_dir / 'epoch_2.pth'
    before = path.read_bytes()
    monkeypatch.setattr(checkpoints, '_upstream_save', fail)
    with pytest.raises(CheckpointError, match=r'epoch_2\.pth could not be written .*make room'):
        save_checkpoint(dict(state_dict=dict(w=torch.ones(1))), str(path))
    assert path.read_bytes() == before and not list(work_dir.glob('*.part'))
