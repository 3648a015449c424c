import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(shutil.which('make') is None, reason='make is not installed')


def make(*arguments: str) -> str:
    ours = ('MAKE', 'MFLAGS', 'ARGS', 'PYTHON', 'VENV')  # what a calling make hands down
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    command = ['make', '--no-print-directory', *arguments]
    return subprocess.check_output(command, cwd=ROOT, env=environment, text=True)


def test_help_is_the_default():
    assert make() == make('help')
    assert 'make demo' in make() and 'make test' in make()


@pytest.mark.parametrize(
    ('target', 'command'),
    [
        ('demo', 'tools/demo.py faces'),
        ('demo-slider', 'tools/demo.py slider'),
        ('test', '-m pytest --numprocesses 2 --dist worksteal'),
        ('lint', '-m mypy'),
    ],
)
def test_every_target_sets_up_first(target, command):
    lines = make('--dry-run', target, 'PYTHON=py311', 'VENV=/somewhere/venv').splitlines()
    assert lines[0] == 'py311 tools/bootstrap.py /somewhere/venv'
    assert lines[-1].strip() == f'/somewhere/venv/bin/python {command}'


def test_without_a_name_bootstrap_chooses_the_python():
    first = make('--dry-run', 'test').splitlines()[0]
    assert first.endswith(' tools/bootstrap.py --choose .venv')
    assert make('--dry-run', 'matrix').endswith(' tools/matrix.py \n')


def test_openmp_threads_do_not_spin(tmp_path):
    """The variables must be in the environment before torch is imported."""
    (tmp_path / 'bin').mkdir()
    fake = tmp_path / 'bin/python'
    fake.write_text('#!/bin/sh\necho "$OMP_WAIT_POLICY $GOMP_SPINCOUNT"\n')
    fake.chmod(0o755)
    assert make('--silent', 'test', 'PYTHON=true', f'VENV={tmp_path}').split() == ['passive', '0']


def test_continuous_integration_runs_the_tests():
    script = ROOT / '.ci/run'
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == 'exec make test'
