"""mmpose's own tools, from its wheel, on this project's configs."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import mmpose
import numpy as np
import pytest
from helpers.label_files import draw_plates, write_coco
from helpers.own_points import write_own_points
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


def browse(config, out, *options, phase='train', mode='transformed'):
    """The images that mmpose's browser writes."""
    browser = ['-m', 'pfld_mm.compat', 'misc/browse_dataset.py', config]
    limits = ['--output-dir', out, '--not-show', '--max-item-per-dataset', 2]
    shown = run(*browser, *limits, '--mode', mode, '--phase', phase, *options)
    assert shown.returncode == 0, shown.stderr[-2000:]
    return [cv2.imread(str(path)) for path in sorted(out.rglob('*.*g'))]


@pytest.mark.parametrize('mode', ['original', 'transformed'])
def test_browse_dataset(options, tmp_path, mode):
    assert len(browse(CONFIG, tmp_path, *options, mode=mode)) == 2


@pytest.mark.parametrize(
    ('mode', 'phase'), [('original', 'train'), ('transformed', 'train'), ('transformed', 'val')]
)
def test_browse_own_points(tmp_path, mode, phase):
    """The images are of one gray: what has color was drawn, the points."""
    images = browse(write_own_points(tmp_path), tmp_path / 'out', phase=phase, mode=mode)
    assert len(images) == (1 if phase == 'val' else 2)  # a twentieth is held out
    for image in images:
        assert image.shape == ((80, 80, 3) if mode == 'original' else (112, 112, 3))
        assert np.ptp(image.astype(int), axis=2).max() > 60


def test_browse_what_the_readers_wrote(tmp_path):
    from pfld_mm.datasets.readers.__main__ import main

    plates = write_coco(draw_plates(tmp_path / 'set', 12))
    assert main([str(plates), '--out', str(tmp_path / 'mine')]) == 0
    assert len(browse(tmp_path / 'mine/config.py', tmp_path / 'out', phase='test')) >= 1
