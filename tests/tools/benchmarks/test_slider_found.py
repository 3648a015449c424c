"""The count of false and lost answers, from the command line to the table."""

from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.slider_found import KINDS, ask
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


def test_right_answers_are_near_gap_and_piece():
    """Centers of puzzles count from the image's corner, answers from the first pixel's center."""
    puzzle = SimpleNamespace(image=None, gap=(100.5, 50.5), piece=(30.5, 50.5))
    guesses = iter([(0.0, 3.0), (4.9, None), (5.1, 2.0)])

    def inference(box):
        shift, logit = next(guesses)
        points = np.array([[100.0 + shift, 50.0], [30.0, 50.0]])
        return SimpleNamespace(points=points, match_logit=logit)

    box = SimpleNamespace(to_image=lambda points: points)
    locator = SimpleNamespace(preprocess=lambda image: box, inference=inference)
    logits, right = ask(locator, [puzzle] * 3, 3)
    assert logits.tolist() == [3.0, -np.inf, 2.0] and right.tolist() == [True, True, False]
