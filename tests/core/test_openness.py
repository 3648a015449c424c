"""Openness of eyes and mouth: formulas on shapes whose areas are known, and on drawn faces."""

import numpy as np
import pytest

from pfld_mm.core.face_markups import IBUG68, WFLW98
from pfld_mm.core.openness import (
    OPENINGS_68,
    OPENINGS_98,
    eye_aspect_ratio,
    eye_openness,
    mouth_aspect_ratio,
    mouth_openness,
)
from pfld_mm.synth.faces.geometry import face_geometry
from pfld_mm.synth.faces.parameters import Expression, FaceParameters

ALL = (eye_openness, mouth_openness, eye_aspect_ratio, mouth_aspect_ratio)


def hexagon(height: float) -> np.ndarray:
    """An eye of width 3 with both lids flat between x = 1 and 2; area 2 x height."""
    half = height / 2
    return np.array([(0, 0), (1, -half), (2, -half), (3, 0), (2, half), (1, half)], float)


@pytest.fixture
def points_68() -> np.ndarray:
    points = np.zeros((68, 2))
    points[36:42] = hexagon(1.2)
    points[42:48] = hexagon(0.6) + 10
    points[60:68] = [(0, 0), (1, -1), (2, -1), (3, -1), (4, 0), (3, 1), (2, 1), (1, 1)]
    return points


def test_formulas(points_68: np.ndarray) -> None:
    assert eye_openness(points_68, OPENINGS_68) == pytest.approx([2 * 1.2 / 9, 2 * 0.6 / 9])
    assert eye_aspect_ratio(points_68, OPENINGS_68) == pytest.approx([0.4, 0.2])
    assert mouth_openness(points_68, OPENINGS_68) == pytest.approx(6 / 16)
    assert mouth_aspect_ratio(points_68, OPENINGS_68) == pytest.approx(6 / 8)


@pytest.mark.parametrize('function', ALL)
def test_free_of_place_scale_and_rotation(function, points_68: np.ndarray) -> None:
    turn = np.array([(0.8, -0.6), (0.6, 0.8)])
    moved = 7 * points_68 @ turn.T + (100, -40)
    both = function(np.stack([points_68, moved]), OPENINGS_68)
    np.testing.assert_allclose(both[0], both[1])


@pytest.mark.parametrize('markup, groups', [(WFLW98, OPENINGS_98), (IBUG68, OPENINGS_68)])
def test_groups_are_those_of_the_mark_up(markup, groups) -> None:
    assert groups.right_eye == markup.lines['right_eye'].points
    assert groups.left_eye == markup.lines['left_eye'].points
    assert groups.mouth == markup.lines['inner_lips'].points
    partners = markup.flip_indices
    assert set(partners[list(groups.right_eye_ear)]) == set(groups.left_eye_ear)


@pytest.mark.parametrize('function', [eye_openness, eye_aspect_ratio])
def test_falls_as_a_drawn_eye_closes(function) -> None:
    values = []
    for closure in np.linspace(0, 1, 11):
        face = FaceParameters(expression=Expression(right_eye_closure=closure), yaw=0.3)
        values.append(function(face_geometry(face).landmarks(), OPENINGS_98))
    right, left = np.array(values).T
    assert (np.diff(right) < 0).all()
    assert right[-1] == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(left, left[0])


def test_grows_as_a_drawn_mouth_opens() -> None:
    faces = [FaceParameters(expression=Expression(mouth_open=m)) for m in np.linspace(0, 1, 6)]
    points = np.stack([face_geometry(face).landmarks() for face in faces])
    assert (np.diff(mouth_openness(points, OPENINGS_98)) > 0).all()
    assert (np.diff(mouth_aspect_ratio(points, OPENINGS_98)) > 0).all()


def test_crossed_lids_are_shut(points_68: np.ndarray) -> None:
    points_68[36:42] = hexagon(-0.1)
    assert eye_openness(points_68, OPENINGS_68)[0] == 0


def test_a_width_of_zero_is_nan() -> None:
    assert np.isnan(eye_openness(np.zeros((68, 2)), OPENINGS_68)).all()


@pytest.mark.parametrize('shape', [(5, 2), (68,), (68, 3)])
def test_wrong_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match='expected points'):
        eye_openness(np.zeros(shape), OPENINGS_68)
