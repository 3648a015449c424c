import numpy as np
import pytest

from pfld_mm.synth.puzzles.shapes import SHAPE_KINDS, random_shape, regular, resample, smooth


def area(contour):
    """By the shoelace formula."""
    after = np.roll(contour, -1, axis=0)
    return abs((contour[:, 0] * after[:, 1] - after[:, 0] * contour[:, 1]).sum()) / 2


@pytest.mark.parametrize('kind', SHAPE_KINDS)
def test_every_shape_is_centered_and_of_unit_length(kind):
    for seed in range(30):
        shape = random_shape(np.random.default_rng(seed), (kind,))
        assert shape.kind == kind and len(shape.contours) == 1 + (kind == 'hollow')
        low, high = shape.contours[0].min(0), shape.contours[0].max(0)
        np.testing.assert_allclose(low + high, 0, atol=1e-12)
        assert (high - low).max() == pytest.approx(1)
        assert area(shape.contours[0]) > 0.1
        if kind == 'hollow':
            assert (shape.contours[1].min(0) > low).all() and (
                shape.contours[1].max(0) < high
            ).all()
        assert shape.turnable == (kind != 'disc') or kind == 'hollow'


def test_jigsaw_pieces_are_half_of_all():
    kinds = [random_shape(np.random.default_rng(seed)).kind for seed in range(400)]
    assert set(kinds) == set(SHAPE_KINDS)
    assert kinds.count('jigsaw') / 400 == pytest.approx(12 / 20.5, abs=0.08)


@pytest.mark.parametrize(('corners', 'expected'), [(3, 3**1.5 / 4), (4, 2), (6, 1.5 * 3**0.5)])
def test_regular_polygons_by_their_area(corners, expected):
    assert area(regular(corners)) == pytest.approx(expected)
    star = regular(corners, inner=0.5)
    assert len(star) == 2 * corners
    assert area(star) == pytest.approx(corners * 0.5 * np.sin(np.pi / corners))


def test_points_are_spread_evenly():
    square = np.array([[0.0, 0], [4, 0], [4, 4], [0, 4]])
    points = resample(square, 32)
    np.testing.assert_allclose(np.hypot(*np.diff(points, axis=0).T), 0.5)
    np.testing.assert_allclose(points[[0, 8, 16, 24]], square)


def test_smoothing_rounds_corners_and_keeps_the_center():
    square = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    sharp, round_ = smooth(square, 0.0), smooth(square, 0.03)
    np.testing.assert_allclose(sharp, resample(square), atol=1e-12)
    np.testing.assert_allclose(round_.mean(0), 0, atol=1e-12)
    assert 3 < area(round_) < area(sharp) and np.abs(round_).max() < 1
