"""The figures of eyes, with models whose answers are known."""

from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks import eye_openness as tool

from pfld_mm.synth.faces.parameters import FaceParameters
from pfld_mm.synth.faces.renderer import render_face


@pytest.fixture
def drawn(monkeypatch):
    """The true points of the face that was drawn last."""
    last = {}

    def render(face):
        image, last['points'] = render_face(face)
        return image, last['points']

    monkeypatch.setattr(tool, 'render_face', render)
    return last


def test_exact_points_make_no_mistake(drawn):
    eyes = tool.measure(
        lambda image, boxes: SimpleNamespace(points=drawn['points'][None]), 16, 5, 96
    )
    row = tool.figures(eyes)
    assert row['shut / open AUC'] == row['by EAR'] == 1
    assert row['error %'] == pytest.approx(0, abs=1e-6) and 8 < row['eyes'] < 32


def test_lids_that_never_close_are_seen(drawn):
    """Every eye is answered with the lids of an open one, a fifth of the width apart."""

    def model(image, boxes):
        points = drawn['points'].copy()
        for first in (60, 68):
            a, b = points[first], points[first + 4]
            down = 0.1 * np.array([a[1] - b[1], b[0] - a[0]])
            for k, t in enumerate((0.25, 0.5, 0.75)):
                points[first + 1 + k] = a + t * (b - a) - down
                points[first + 7 - k] = a + t * (b - a) + down
        return SimpleNamespace(points=points[None])

    row = tool.figures(tool.measure(model, 16, 5, 96))
    # trapezium: a fifth high, 1 and 0.5 wide
    assert row['bias of shut %'] == pytest.approx(15, abs=0.01)
    assert row['shut / open AUC'] == pytest.approx(0.5, abs=0.45)


def test_auc():
    assert tool.auc(np.array([0.0, 1]), np.array([2.0, 3])) == 1
    assert tool.auc(np.array([1.0]), np.array([1.0])) == 0.5
    assert tool.auc(np.array([0.0, 2]), np.array([1.0])) == 0.5


def test_hidden_eyes_do_not_count():
    assert tool.visible(FaceParameters(yaw=0.7)) == (False, True)
    assert tool.visible(FaceParameters(yaw=-0.7)) == (True, False)
    assert tool.visible(FaceParameters(occlusion='sunglasses')) == (False, False)


def test_too_few_faces_are_told():
    eyes = {'openness': np.ones(3), 'area': np.ones(3), 'ear': np.ones(3), 'error': np.zeros(3)}
    with pytest.raises(SystemExit, match='raise --faces'):
        tool.figures(eyes)
