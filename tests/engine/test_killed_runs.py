"""SIGKILL at what a run does to its files: it resumes to the bit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / 'helpers/killed_runs.py'


@pytest.fixture
def instants(request):
    """The second epoch's checkpoint by default; all of them with ``--whole``."""
    return ['all'] if request.config.getoption('--whole') else ['9', '12.01']


def test_killed_while_writing(synthetic_faces, tmp_path, instants):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(synthetic_faces), str(tmp_path), *instants],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer['expected'] and answer['number'] > 20
    assert any(was_killed for was_killed, _ in answer['found'].values())
    failed = {k: end for k, (_, end) in answer['found'].items() if end != answer['expected']}
    assert failed == {}
