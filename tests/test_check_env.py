import re
import subprocess
import sys
from pathlib import Path

import pytest

from pfld_mm import check_env
from pfld_mm.check_env import PACKAGES, Package, inspect

ROOT = Path(__file__).parents[1]


def run(*options: str, purpose: str = 'training') -> subprocess.CompletedProcess:
    command = [sys.executable, *options, '-m', 'pfld_mm.check_env', purpose]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_with_nothing_but_python_every_cure_is_named():
    """``-S``: no site-packages."""
    result = run('-S')
    assert result.returncode == 1, result.stderr
    for package in PACKAGES:
        line = re.search(rf'^{re.escape(package.module)} .*$', result.stdout, re.MULTILINE)[0]
        assert 'missing' in line
        assert (package.cure in line) == ('training' in package.needed_for)


def test_the_environment_of_the_tests_is_complete():
    result = run()
    assert result.returncode == 0, result.stdout
    assert 'mmpose imports' in result.stdout
    assert 'Everything that is needed is there.' in result.stdout


def test_a_user_of_the_runtime_sees_what_the_runtime_needs():
    table = run(purpose='runtime').stdout.split('\n\n')[1]
    assert [line.split()[0] for line in table.splitlines()] == [
        'package', 'python', 'numpy', 'cv2', 'onnxruntime',
    ]  # fmt: skip
    numpy, cv2, _ = check_env.packages_for('runtime')
    assert numpy.expected == '>=1.24' and cv2.expected == '>=4.8'  # of the user's choice


def test_an_unknown_purpose_is_refused():
    result = run(purpose='cooking')
    assert result.returncode == 2
    assert 'runtime, training, export' in result.stderr


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Make an importable package ``fakepkg`` of a version."""

    def make(version: str, text: str = '') -> None:
        (tmp_path / 'fakepkg.py').write_text(text)
        info = tmp_path / f'fakepkg-{version}.dist-info'
        info.mkdir()
        content = f'Metadata-Version: 2.1\nName: fakepkg\nVersion: {version}\n'
        (info / 'METADATA').write_text(content)

    monkeypatch.syspath_prepend(tmp_path)
    yield make
    sys.modules.pop('fakepkg', None)


@pytest.mark.parametrize(
    ('version', 'expected', 'state'),
    [
        ('1.26.4', '>=1.24,<2', 'ok'),
        ('2.0.0', '>=1.24,<2', 'wrong'),
        ('1.3.2', '==1.3.2', 'ok'),
        ('1.3.1', '==1.3.2', 'wrong'),
        ('2.13.0+cpu', '>=2.4', 'ok'),
        ('80.10.2', '>=64,<82', 'ok'),
        ('4.9', '>=4.8,<4.12', 'ok'),
        ('4.12.0.88', '>=4.8,<4.12', 'wrong'),
        ('3.0.0rc1', '>=3.0', 'ok'),
        ('0.1', '', 'ok'),
    ],
)
def test_versions_are_compared_by_numbers(fake, version, expected, state):
    fake(version)
    finding = inspect(Package('fakepkg', ('fakepkg',), expected, 'pip install fakepkg'))
    assert (finding.state, finding.found) == (state, version)


def test_what_cannot_be_imported_is_broken_not_ok(fake):
    fake('1.0', 'raise RuntimeError("operator torchvision::nms does not exist\\nmore")')
    finding = inspect(Package('fakepkg', ('fakepkg',), '', ''))
    assert finding.state == 'broken'
    assert finding.found == '1.0: operator torchvision::nms does not exist'


@pytest.mark.parametrize(('needed_for', 'code'), [(('runtime',), 1), (('training',), 0), ((), 0)])
def test_only_what_is_needed_counts(monkeypatch, capsys, needed_for, code):
    absent = Package('no_such_package', ('no-such-package',), '>=1', 'pip install it', needed_for)
    monkeypatch.setattr(check_env, 'PACKAGES', (absent,))
    assert check_env.main('runtime') == code
    assert ('pip install it' in capsys.readouterr().out) == bool(code)
