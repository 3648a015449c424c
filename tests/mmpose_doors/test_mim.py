"""``mim search``, ``train``, ``test`` and ``download`` on the installed wheel."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import matplotlib
import model_index
import numpy as np
import pytest
import yaml
from helpers.runs import CONFIG, command_line, tiny_options
from mmpose.apis import inference_topdown, init_model

ROOT = Path(__file__).parents[2]
TIMEOUT = 600
SET_UP = Path(sys.prefix, 'pfld_mm.stamp')  # of tools/bootstrap.py, which installs mim
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec('mim') is None and not SET_UP.is_file(),
    reason='mim is not installed, and this is not the environment of `make test`',
)

MODELS = yaml.safe_load((ROOT / 'model-index.yml').read_text())['Models']
SHIPPED = {model['Name']: ROOT / model['Weights'] for model in MODELS if 'Weights' in model}
POINTS = {'pfld_ghostone_finetune': 98, 'pfld_ghostone_finetune_300w': 68}


@pytest.fixture(scope='module')
def site(wheel_file, tmp_path_factory) -> Path:
    """A folder for ``PYTHONPATH`` with the wheel: mim does not see an editable install."""
    folder = tmp_path_factory.mktemp('site')
    options = ['--quiet', '--disable-pip-version-check', '--no-index', '--no-deps']
    command = [sys.executable, '-m', 'pip', 'install', *options, '--target', folder, wheel_file]
    subprocess.run(command, check=True, timeout=TIMEOUT)
    return folder


@pytest.fixture
def mim(site, tmp_path):
    """Runs mim in an empty folder, with an empty home, and returns what it printed."""
    environment = os.environ | {
        'PYTHONPATH': str(site),
        'HOME': str(tmp_path / 'home'),
        'MPLCONFIGDIR': matplotlib.get_cachedir(),  # fonts are listed once
        'OMP_NUM_THREADS': '1',
        'no_proxy': '127.0.0.1',
    }

    def run(*arguments) -> str:
        process = subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-m', 'mim', *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,  # where it does not see the package, it asks to install one
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output = process.communicate(timeout=TIMEOUT)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with the tool that mim has started
            raise
        assert process.returncode == 0, output[-4000:]
        return output

    return run


def found_models(output: str) -> dict[str, dict[str, str]]:
    """What ``mim search`` printed: config -> field -> value."""
    models = {}
    for block in re.split(r'^-+$', output, flags=re.MULTILINE)[1:]:
        name, *lines = block.strip().splitlines()
        rows = (re.split(' {2,}', line, maxsplit=1) for line in lines)
        models[name.removeprefix('config id: ')] = {field: value for field, value in rows}
    return models


def metrics(model: dict) -> dict[str, str]:
    """The figures of an entry of the index, as mim names them."""
    return {
        f'{result["Dataset"]}/{"_".join(name.split())}'.lower(): str(figure)
        for result in model.get('Results', [])
        for name, figure in result['Metrics'].items()
    }


def test_search(mim):
    found = found_models(mim('search', 'pfld_mm'))
    assert list(found) == [model['Name'] for model in MODELS]
    for model in MODELS:
        assert metrics(model).items() <= found[model['Name']].items()
        assert ('weight' in found[model['Name']]) == (model['Name'] in SHIPPED)
    chosen = ['--model', 'pfld', '--field', 'parameters', '--sort', 'parameters', '--ascending']
    sizes = [m.get('parameters') for m in found_models(mim('search', 'pfld_mm', *chosen)).values()]
    assert sizes[:2] == ['221098', '702864']


def test_train_and_test(mim, site, synthetic_faces, tmp_path):
    options = tiny_options(synthetic_faces, max_epochs=1) | {
        'train_dataloader.batch_size': 16,
        'train_dataloader.num_workers': 0,
        'train_dataloader.persistent_workers': False,
    }
    machine = ['--gpus', 0, '--launcher', 'none']
    trained = mim(
        'train', 'pfld_mm', CONFIG.name, *machine, '--no-validate', *command_line(options)
    )
    assert f'will use {site}/pfld_mm/.mim/configs/{CONFIG.name}' in trained
    checkpoint = tmp_path / 'work_dirs' / CONFIG.stem / 'epoch_1.pth'
    assert checkpoint.is_file()
    tested = mim(
        *('test', 'pfld_mm', CONFIG.name, '--checkpoint', checkpoint),
        *(*machine, *command_line(options)),
    )
    assert float(re.search(r'Epoch\(test\).* NME: ([\d.]+)', tested)[1]) > 0


@pytest.fixture
def served(site, tmp_path, monkeypatch):
    """Serves the checkpoints on this machine, with their addresses in the wheel's index."""
    folder = tmp_path / 'served'
    folder.mkdir()
    for checkpoint in SHIPPED.values():
        shutil.copy(checkpoint, folder / f'{checkpoint.parent.name}.pth')
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    with ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        index = site / 'pfld_mm/.mim/model-index.yml'
        as_built = index.read_bytes()
        monkeypatch.setattr(model_index, 'INDEX', index)
        address = f'http://127.0.0.1:{server.server_port}'
        monkeypatch.setattr(sys, 'argv', ['model_index.py', '--weights-url', address])
        assert model_index.main() == 0
        yield
        index.write_bytes(as_built)
        server.shutdown()


def test_download(mim, served, face, tmp_path):
    """Two models arrive whole, and work in mmpose as ours do."""
    folder = tmp_path / 'weights'
    mim('download', 'pfld_mm', '--config', *POINTS, '--dest', folder)
    for name, count in POINTS.items():
        shipped = SHIPPED[name]
        arrived = folder / f'{shipped.parent.name}.pth'
        assert arrived.read_bytes() == shipped.read_bytes()
        points = landmarks(folder / f'{name}.py', arrived, face)
        assert points.shape == (1, count, 2) and np.isfinite(points).all()
        expected = landmarks(ROOT / 'configs' / f'{name}.py', shipped, face)
        np.testing.assert_array_equal(points, expected)


def landmarks(config: Path, checkpoint: Path, face) -> np.ndarray:
    """The points (1, K, 2) that mmpose's API finds in the drawn face."""
    image, points = face
    model = init_model(str(config), str(checkpoint), device='cpu')
    box = [*points.min(0), *points.max(0)]
    return inference_topdown(model, image, [box])[0].pred_instances.keypoints
