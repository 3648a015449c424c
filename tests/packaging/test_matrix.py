import json
import os
import subprocess
import sys

import matrix
from helpers.runs import ROOT

from pfld_mm.runtime.model_folder import shipped_models


def test_the_self_test_of_a_row_runs_every_model():
    environment = os.environ | {'PYTHONPATH': str(ROOT)}
    command = [sys.executable, '-c', matrix.SELF_TEST]
    row = json.loads(subprocess.check_output(command, env=environment, text=True, timeout=240))
    assert set(shipped_models()) <= set(row['models'])
    assert not matrix.is_failed(row) and row['versions']['numpy']


def test_failures_are_failures(capsys):
    versions = {'numpy': '2.3.5', 'other': '1'}
    good = dict(models=dict(a='1e-5', b='0'), versions=versions, seconds=3)
    bad = dict(good, models=dict(a='FAILED: 1 px'))
    assert not matrix.is_failed(good)
    assert matrix.is_failed(bad) and matrix.is_failed(dict(error='no pip'))
    matrix.print_row('3.12', bad)
    assert capsys.readouterr().out.split() == (
        'Python 3.12: numpy 2.3.5; 3 s a FAILED: 1 px'.split()
    )
