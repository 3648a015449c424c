import numpy as np
import pytest

from pfld_mm.core.face_markups import WFLW98
from pfld_mm.datasets.face.markup_map import IN_WFLW, MarkupMap

RNG = np.random.default_rng(0)


def faces(count):
    """Both mark-ups of the mean face, deformed, moved and scaled at random; the rule is linear."""
    shapes = WFLW98.mean_face[:, :2] + RNG.normal(0, 0.05, (count, 98, 2))
    rule = shapes[:, IN_WFLW] + 0.1 * (shapes[:, :68] - shapes[:, 30:98]) + (0.02, -0.05)
    size, place = RNG.uniform(20, 300, (count, 1, 1)), RNG.uniform(0, 500, (count, 1, 2))
    return shapes * size + place, rule * size + place, size


def test_a_linear_rule_is_learnt_in_any_size_and_place():
    wflw, ibug, _ = faces(1000)
    markup_map = MarkupMap(wflw, ibug)
    wflw, ibug, size = faces(50)
    before = np.abs(wflw[:, IN_WFLW] - ibug) / size
    after = np.abs(markup_map(wflw) - ibug) / size
    assert after.mean() < before.mean() / 20
    assert after.max() < 0.01


def test_too_few_faces():
    with pytest.raises(ValueError, match='200 faces of both mark-ups, got 3'):
        MarkupMap(np.zeros((3, 98, 2)), np.zeros((3, 68, 2)))
