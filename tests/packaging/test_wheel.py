"""The wheel that ``pip install .`` builds, from a copy of the sources and without a network."""

import os
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from helpers.wheels import build

ROOT = Path(__file__).parents[2]
MAX_BYTES = 11_617_061
"""Of the wheel, nearly all of it models: a larger one has something in it that should not be."""
SHIPPED_BY_MIM = ('configs', 'tools', 'model-index.yml')


def is_source(path: Path) -> bool:
    return path.is_file() and '__pycache__' not in path.parts and path.suffix != '.pyc'


LABORATORIES = {'benchmarks', 'labelling'}


@pytest.fixture(scope='module')
def wheel(wheel_file):
    with zipfile.ZipFile(wheel_file) as archive:
        yield archive


def test_the_weights_are_in_the_wheel(wheel):
    folder = ROOT / 'pfld_mm' / 'runtime' / 'models'
    files = {path.relative_to(ROOT).as_posix() for path in folder.rglob('*') if path.is_file()}
    checkpoints = {name for name in files if name.endswith('.pth')}
    assert 'pfld_mm/runtime/models/pfld_ghostone_98/model.onnx' in files and checkpoints
    assert files - checkpoints <= set(wheel.namelist())
    assert not checkpoints & set(wheel.namelist())  # for training, and twice the rest's size


def test_the_wheel_is_small(wheel):
    assert Path(wheel.filename).stat().st_size <= MAX_BYTES


def metadata_file(wheel: zipfile.ZipFile, name: str) -> str:
    path = next(n for n in wheel.namelist() if n.endswith(f'.dist-info/{name}'))
    return wheel.read(path).decode()


def test_it_is_pure_python_with_one_top_level_package(wheel):
    assert wheel.filename.endswith('-py3-none-any.whl')
    assert {name.split('/')[0].split('-')[0] for name in wheel.namelist()} == {'pfld_mm'}
    assert metadata_file(wheel, 'top_level.txt').split() == ['pfld_mm']
    assert 'Root-Is-Purelib: true' in metadata_file(wheel, 'WHEEL')


def test_no_module_of_the_package_is_left_out(wheel):
    sources = {str(p.relative_to(ROOT)) for p in ROOT.glob('pfld_mm/**/*.py') if is_source(p)}
    assert sources <= set(wheel.namelist())


def test_type_checkers_see_that_the_package_is_typed(wheel):
    assert 'pfld_mm/py.typed' in wheel.namelist()


@pytest.mark.parametrize('name', SHIPPED_BY_MIM)
def test_mim_finds_configs_tools_and_the_index(wheel, name):
    source = ROOT / name
    files = [source] if source.is_file() else [p for p in source.rglob('*') if is_source(p)]
    shipped = set(wheel.namelist())
    for path in files:
        inside = f'pfld_mm/.mim/{path.relative_to(ROOT)}'
        if LABORATORIES & set(path.relative_to(ROOT).parts):
            assert inside not in shipped
            continue
        assert inside in shipped
        assert wheel.read(inside) == path.read_bytes()  # the file, not a link


def test_no_bytecode_and_no_tests_are_shipped(wheel):
    for name in wheel.namelist():
        assert '__pycache__' not in name and not name.endswith('.pyc')
        assert not name.startswith(('tests/', 'pfld_mm/.mim/tests'))


def test_it_requires_only_numpy(wheel):
    """Else pip would replace the user's torch, mmcv or OpenCV, or fail at mmpose's chumpy."""
    requirements = message_from_string(metadata_file(wheel, 'METADATA')).get_all('Requires-Dist')
    always = [line for line in requirements if 'extra ==' not in line]
    assert [line.split('>')[0] for line in always] == ['numpy']
    for package in ('torch', 'mmcv', 'mmpose', 'mmdet', 'mmdeploy', 'albumentations'):
        assert not [line for line in requirements if line.lower().startswith(package)], package


def test_importing_it_loads_no_other_package(wheel, tmp_path):
    wheel.extractall(tmp_path)
    code = (
        'import sys, pfld_mm; print(pfld_mm.__file__, pfld_mm.__version__); '
        'print([m for m in sys.modules if m.partition(".")[0] in '
        '("torch", "numpy", "cv2", "mmengine", "mmcv", "mmpose", "mmdet")])'
    )
    environment = os.environ | {'PYTHONPATH': str(tmp_path)}
    command = [sys.executable, '-c', code]
    output = subprocess.check_output(command, cwd=tmp_path, env=environment, text=True)
    first, second = output.splitlines()
    assert first.startswith(str(tmp_path))
    assert second == '[]'
    assert first.split()[-1] in Path(wheel.filename).name


def test_the_source_archive_holds_what_the_wheel_is_built_from(tmp_path):
    with tarfile.open(build('sdist', tmp_path)) as archive:
        members = {m.name.partition('/')[2]: m for m in archive.getmembers()}
    for name in ('setup.cfg', 'pyproject.toml', 'requirements/runtime.txt', 'tools/bootstrap.py'):
        assert name in members
    assert members['pfld_mm/.mim/model-index.yml'].isreg()
    assert members['pfld_mm/.mim/tools/bootstrap.py'].isreg()
