"""Each case is a Python of its own: what was imported once cannot be taken back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BLOCK = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name in {names!r}:
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)

sys.meta_path.insert(0, Block())
"""

FAKE_OPS = """
import mmcv
mmcv.__path__.append({folder!r})
"""


def run_python(code: str, path: Path = ROOT) -> subprocess.CompletedProcess:
    environment = os.environ | {'PYTHONPATH': os.pathsep.join([str(path), str(ROOT)])}
    command = [sys.executable, '-W', 'ignore', '-c', code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def checked(code: str, path: Path = ROOT) -> subprocess.CompletedProcess:
    result = run_python(code, path)
    assert result.returncode == 0, result.stderr
    return result


@pytest.fixture
def fake_packages(tmp_path: Path) -> Path:
    """Packages mmdet and torchvision, and a module _ext for mmcv, that say who they are."""
    files = {
        'mmdet/__init__.py': '',
        'mmdet/utils.py': 'ConfigType = dict\ndef reduce_mean(x):\n    return "real mmdet"\n',
        'xtcocotools/__init__.py': '',
        'xtcocotools/coco.py': 'class COCO:\n    real = True\n',
        'xtcocotools/cocoeval.py': 'class COCOeval:\n    real = True\n',
        'xtcocotools/mask.py': 'real = True\n',
        'torchvision/__init__.py': '__version__ = "0.99"\n',
        'torchvision/transforms.py': 'class ToPILImage:\n    real = True\n',
        'ext/_ext.py': 'def __getattr__(name):\n    return lambda *a, **k: "real op"\n',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_stubs_are_gone_again_and_raise_when_called():
    names = ('mmcv._ext', 'mmdet', 'torchvision', 'xtcocotools')
    checked(
        BLOCK.format(names=names)
        + """
import logging
records = []
handler = logging.Handler()
handler.emit = lambda record: records.append((record.levelname, record.getMessage()))
logging.getLogger('pfld_mm').addHandler(handler)
logging.getLogger('pfld_mm').setLevel('DEBUG')

from pfld_mm.compat import STUBS
expected = ('mmcv._ext', 'mmdet.utils', 'torchvision.transforms', 'xtcocotools.mask')
assert STUBS == expected, STUBS
assert [level for level, _ in records] == ['DEBUG'] * 4, records
assert [name for name in STUBS if name in records[0][1]] == ['mmcv._ext'], records

blocked = ('mmdet', 'torchvision', 'xtcocotools')
left = [m for m in sys.modules if m == 'mmcv._ext' or m.startswith(blocked)]
assert not left, left

import mmcv.ops
import torch
from mmpose.models.heads.hybrid_heads import rtmo_head
from mmpose.evaluation.metrics import coco_metric
from mmpose.visualization import simcc_vis

boxes, scores = torch.zeros(1, 4), torch.zeros(1)
for call, names in [
    (lambda: mmcv.ops.nms(boxes, scores, 0.5), ['nms', 'mmcv with compiled ops']),
    (lambda: rtmo_head.reduce_mean(scores), ['reduce_mean', 'mmdet']),
    (lambda: simcc_vis.ToPILImage(), ['ToPILImage', 'torchvision']),
    (lambda: coco_metric.COCOeval(), ['COCOeval', 'xtcocotools', 'NME']),
]:
    try:
        call()
    except RuntimeError as error:
        assert all(name in str(error) for name in names), error
        assert 'not installed' in str(error)
    else:
        raise AssertionError(f'{names}: no error')
"""
    )


def test_real_packages_win(fake_packages: Path):
    folder = str(fake_packages / 'ext')
    checked(
        FAKE_OPS.format(folder=folder)
        + """
from pfld_mm.compat import STUBS
assert STUBS == (), STUBS
import mmdet.utils, torchvision.transforms
from mmpose.models.heads.hybrid_heads import rtmo_head
from mmpose.visualization import simcc_vis
from mmcv.ops import nms
import mmcv.utils, sys
assert rtmo_head.reduce_mean(0) == 'real mmdet'
assert simcc_vis.ToPILImage.real
from mmpose.datasets.datasets.base import base_coco_style_dataset
assert base_coco_style_dataset.COCO.real
assert sys.modules['mmcv._ext'].nms() == 'real op'
assert sys.modules['mmcv.ops.nms'].ext_module.nms() == 'real op'
""",
        path=fake_packages,
    )


def test_a_broken_torchvision_counts_as_missing(tmp_path: Path):
    broken = tmp_path / 'torchvision'
    broken.mkdir()
    (broken / '__init__.py').write_text('from . import _part\n')
    text = "raise RuntimeError('operator torchvision::nms does not exist')\n"
    (broken / '_part.py').write_text(text)
    result = checked(
        """
from pfld_mm.compat import STUBS
assert 'torchvision.transforms' in STUBS
from mmengine.utils.dl_utils import collect_env  # every Runner calls it
collect_env()
import importlib.util
assert importlib.util.find_spec('torchvision') is None
""",
        path=tmp_path,
    )
    assert 'installed but broken' in result.stderr
    assert 'torchvision::nms does not exist' in result.stderr


def test_without_mmpose_the_error_names_the_cure():
    result = run_python(BLOCK.format(names=('mmpose',)) + 'import pfld_mm.compat')
    assert result.returncode == 1
    assert "No module named 'mmpose'" in result.stderr
    assert 'python -m pfld_mm.check_env' in result.stderr
