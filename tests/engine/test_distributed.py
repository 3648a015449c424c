"""Two gloo processes on this machine train, and evaluate every face exactly once."""

import json

import pytest
import torch
from helpers.runs import CONFIG, command_line, tiny_options, tool


@pytest.fixture(scope='module')
def trained(synthetic_faces, tmp_path_factory):
    work_dir = tmp_path_factory.mktemp('distributed')
    options = tiny_options(synthetic_faces, max_epochs=1)
    arguments = [CONFIG, '--work-dir', work_dir, '--launcher', 'pytorch', *command_line(options)]
    done = tool('train', *arguments, launcher='29611')
    assert done.returncode == 0, done.stdout
    return work_dir / 'epoch_1.pth'


def report(synthetic_faces, checkpoint, out, *more, launcher=None):
    options = command_line(tiny_options(synthetic_faces))
    done = tool('test', CONFIG, checkpoint, '--work-dir', out, *more, *options, launcher=launcher)
    assert done.returncode == 0, done.stdout
    return json.loads((out / 'report/face_nme.json').read_text())


def test_two_processes_measure_like_one(synthetic_faces, trained, tmp_path):
    one = report(synthetic_faces, trained, tmp_path / 'one')
    two = report(
        synthetic_faces, trained, tmp_path / 'two', '--launcher', 'pytorch', launcher='29612'
    )
    assert one['figures']['faces'] == two['figures']['faces'] == 11
    assert one['figures'] == pytest.approx(two['figures'], rel=1e-5)
    assert {f['image'] for f in one['faces']} == {f['image'] for f in two['faces']}


def test_the_deployed_form_measures_the_same(synthetic_faces, trained, tmp_path):
    plain = report(synthetic_faces, trained, tmp_path / 'plain')
    deployed = report(synthetic_faces, trained, tmp_path / 'deployed', '--deploy')
    assert plain['figures']['NME'] == pytest.approx(deployed['figures']['NME'], rel=1e-5)


def test_both_processes_took_part(trained):
    """Two processes with 8 faces each see the 43 training faces in 3 iterations (5 alone)."""
    assert torch.load(trained, weights_only=True)['meta']['iter'] == 22 // 8
