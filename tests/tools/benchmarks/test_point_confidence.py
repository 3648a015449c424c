"""The figures of standard deviations, with models whose errors are known."""

from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks import point_confidence as tool

from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face


@pytest.fixture(scope='module')
def faces():
    return [render_face(sample_face(3, 'test', index)) for index in range(8)]


class Oracle:
    """Errs by normal errors whose deviations it tells: 1 px on the odd points, 4 px on the others.

    Those of covered points, which it sees by the change of the image, are five times as large.
    """

    def __init__(self, faces, points=98):
        self.faces = iter(faces)
        self.rng = np.random.default_rng(5)
        self.points = points

    def __call__(self, image, boxes):
        original, truth = next(self.faces)
        x, y = np.round(truth).astype(int).T
        x, y = x.clip(0, image.shape[1] - 1), y.clip(0, image.shape[0] - 1)
        sigma = np.where(np.arange(98) % 2, 1.0, 4.0)
        sigma = np.where((image != original).any(2)[y, x], 5 * sigma, sigma)
        sigmas = np.stack([sigma, sigma], 1)
        points = truth + sigmas * self.rng.normal(size=(98, 2))
        return [SimpleNamespace(points=points[: self.points], sigmas=sigmas)]


def test_true_deviations_are_told_as_such(faces):
    row = tool.figures(tool.measure(Oracle(faces), faces, covers=False))
    assert row['within one sigma %'] == pytest.approx(68.3, abs=4)
    assert row['within 1.96 sigma %'] == pytest.approx(95, abs=2)
    assert 0.4 < row['rank correlation'] < 0.8 and 0.3 < row['sizes taken out'] < 0.8
    assert row['covered points %'] == 0 and 'covered AUC' not in row


def test_covered_points_are_told_from_free_ones(faces):
    row = tool.figures(tool.measure(Oracle(faces), faces, covers=True))
    assert 5 < row['covered points %'] < 60
    # a covered odd point has 5, a free even one 4; only the sizes of the faces vary
    assert row['of the same point'] > 0.95
    assert 0.7 < row['covered AUC'] <= row['of the same point']


def test_deviations_that_say_nothing_have_half(faces):
    rng = np.random.default_rng(1)
    found = dict(
        error=rng.random((50, 98, 2)),
        sigma=rng.random((50, 98, 2)),
        side=rng.uniform(50, 500, (50, 1)),
        covered=rng.random((50, 98)) < 0.3,
    )
    row = tool.figures(found)
    assert row['covered AUC'] == pytest.approx(0.5, abs=0.03)
    assert row['of the same point'] == pytest.approx(0.5, abs=0.03)
    assert row['sizes taken out'] == pytest.approx(0, abs=0.03)
    assert row['rank correlation'] > 0.5  # large faces have larger errors in pixels


def test_covered_points_are_those_under_the_cover(faces):
    image, points = faces[0]
    np.random.seed(2)
    covered, under = tool.cover(image, points)
    changed = (covered != image).any(2)
    x, y = np.round(points).astype(int).T
    assert under.any() and not under.all()
    assert (changed[y, x] == under).all()


def test_other_points_and_missing_deviations_are_named(faces):
    with pytest.raises(ValueError, match='the model has 68 points, the faces have 98'):
        tool.measure(Oracle(faces, points=68), faces, covers=False)
    with pytest.raises(ValueError, match='no standard deviations'):
        tool.measure(lambda image, boxes: [SimpleNamespace(sigmas=None)], faces, covers=False)


def test_table():
    text = tool.table({'as they are': {'a': 0.5}, 'a side covered': {'a': 1.0, 'b': 2.0}})
    assert text.splitlines()[2:] == ['| as they are | 0.5 |  |', '| a side covered | 1 | 2 |']
