"""``from mmpose.apis import ...`` works after one line, also where it failed before that line."""

import os
import subprocess
import sys

import pytest
from helpers.runs import ROOT

FIRST = 'import pfld_mm.register\n'
THEN = 'from mmpose.apis import MMPoseInferencer, inference_topdown, init_model, visualize\n'
TRIED = f'try:\n    {THEN}except ImportError:\n    pass\n'


def run(*arguments: str) -> subprocess.CompletedProcess:
    environment = os.environ | {'PYTHONPATH': str(ROOT)}
    command = [sys.executable, '-W', 'ignore', *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)


@pytest.mark.parametrize('code', [FIRST + THEN, TRIED + FIRST + THEN])
def test_one_line_before_mmpose(code):
    result = run('-c', code + 'print("imported")')
    assert result.stdout.strip() == 'imported', result.stderr


def test_a_script_of_mmpose_runs_unchanged(tmp_path):
    script = tmp_path / 'script.py'
    script.write_text('import sys\nfrom mmpose.apis import init_model\nprint(sys.argv[1:])\n')
    result = run('-m', 'pfld_mm.compat', str(script), 'a', '--b')
    assert result.stdout.strip() == "['a', '--b']", result.stderr


def test_a_script_that_is_not_there():
    result = run('-m', 'pfld_mm.compat', 'no_such.py')
    assert result.returncode == 1 and 'no script no_such.py' in result.stderr
    assert 'Traceback' not in result.stderr
