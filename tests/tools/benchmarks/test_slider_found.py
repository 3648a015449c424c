"""The count of false and lost answers, from the command line to the table."""

import pytest
from benchmarks.slider_found import KINDS
from helpers.exported_models import slider_folder, two_stage_folder
from helpers.runs import tool

BOXES = [60, 60, 100, 100, 60, 60, 100, 100]


@pytest.mark.parametrize(('match', 'answered'), [(9.0, '100.0'), (-9.0, '0.0')])
def test_the_table_has_a_row_for_each_limit(tmp_path, match, answered):
    model = two_stage_folder(tmp_path / 'model', BOXES, match)
    done = tool('benchmarks/slider_found', '--model', model, '--count', 1, '--limits', 20)
    assert done.returncode == 0, done.stdout
    own, other = done.stdout.splitlines()[-2:]
    assert own.split()[1:-2] == [answered] * len(KINDS) and own.endswith("(the model's)")
    assert other.split() == ['20', *['0.0'] * len(KINDS)]


def test_a_model_without_a_verifier_matches_nothing(tmp_path):
    done = tool('benchmarks/slider_found', '--model', slider_folder(tmp_path / 'm'), '--count', 1)
    assert done.stdout.splitlines()[-1].split()[1:-2] == ['0.0'] * len(KINDS)
