"""mmpose's own tools, from its wheel, on this project's configs."""

import os
import subprocess
import sys
from pathlib import Path

import mmpose
import pytest
from helpers.runs import CONFIG, ROOT, tiny_options

TOOLS = Path(mmpose.__path__[0], '.mim', 'tools')


@pytest.fixture(scope='module')
def options(synthetic_faces):
    """Overrides of the synthetic config; mmpose's tools hand on no ``data_root``."""
    options = tiny_options(synthetic_faces, max_epochs=1)
    for split in ('train', 'val', 'test'):
        options[f'{split}_dataloader.dataset.data_root'] = str(synthetic_faces)
    return ['--cfg-options', *(f'{key}={value}' for key, value in options.items())]


def run(*arguments) -> subprocess.CompletedProcess:
    environment = os.environ | {'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=240
    )


def test_train_and_test(options, tmp_path):
    trained = run(TOOLS / 'train.py', CONFIG, '--work-dir', tmp_path, *options)
    assert trained.returncode == 0, trained.stderr[-2000:]
    weights = tmp_path / 'epoch_1.pth'
    tested = run(TOOLS / 'test.py', CONFIG, weights, '--work-dir', tmp_path / 'test', *options)
    assert tested.returncode == 0, tested.stderr[-2000:]
    assert 'NME' in tested.stdout + tested.stderr


def test_browse_dataset(options, tmp_path):
    browser = ['-m', 'pfld_mm.compat', 'misc/browse_dataset.py', CONFIG]
    limits = ['--output-dir', tmp_path, '--not-show', '--max-item-per-dataset', 2]
    for mode in ('original', 'transformed'):
        shown = run(*browser, *limits, '--mode', mode, '--phase', 'train', *options)
        assert shown.returncode == 0, shown.stderr[-2000:]
    assert len(list(tmp_path.rglob('*.jpg'))) >= 2
