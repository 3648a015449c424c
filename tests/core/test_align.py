import numpy as np
import pytest

from pfld_mm.core.align import ARCFACE112, align, align_matrix, similarity
from pfld_mm.core.face_markups import IBUG68, WFLW98


def umeyama(source, target):
    """Umeyama 1991, equations 34 to 43, by a singular value decomposition."""
    start, end = source.mean(0), target.mean(0)
    covariance = (target - end).T @ (source - start) / len(source)
    u, d, vt = np.linalg.svd(covariance)
    s = np.array([1, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ np.diag(s) @ vt
    scale = (d * s).sum() / ((source - start) ** 2).sum(1).mean()
    return np.column_stack([scale * rotation, end - scale * rotation @ start])


def moved(points, degrees, scale, shift):
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ turn.T + shift


def mapped(matrix, points):
    return points @ matrix[:, :2].T + matrix[:, 2]


@pytest.mark.parametrize('seed', range(5))
def test_equals_umeyamas_closed_form(seed):
    source = np.random.default_rng(seed).normal(size=(5, 2)) * 40 + 100
    np.testing.assert_allclose(similarity(source, ARCFACE112), umeyama(source, ARCFACE112))


def test_a_moved_template_goes_back():
    source = moved(ARCFACE112, 25, 3.5, (400, 200))
    np.testing.assert_allclose(mapped(align_matrix(source), source), ARCFACE112)
    np.testing.assert_allclose(mapped(align_matrix(source, size=224), source), 2 * ARCFACE112)


@pytest.mark.parametrize('markup', [WFLW98, IBUG68])
def test_all_points_of_a_markup(markup):
    points = moved(markup.mean_face[:, :2], -15, 90, (300, 250))
    five = markup.five_points(points)
    np.testing.assert_allclose(align_matrix(points), umeyama(five, ARCFACE112))
    np.testing.assert_allclose(align_matrix(points, markup), align_matrix(five))
    upright = mapped(align_matrix(points), five)
    assert np.abs(upright - ARCFACE112).max() < 12
    assert abs(upright[0, 1] - upright[1, 1]) < 1


@pytest.mark.parametrize('degrees', [0, 30, -70])
@pytest.mark.parametrize('mouth', [50, 80])
def test_ffhq_by_its_four_corners(degrees, mouth):
    upright = np.array([[-30, 0], [30, 0], [0, mouth / 2], [-20, mouth], [20, mouth]])
    five = moved(upright, degrees, 1.0, (200, 180))
    half = max(2.0 * 60, 1.8 * mouth)
    corners = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]]) * half + [0, 0.1 * mouth]
    found = mapped(
        align_matrix(five, template='ffhq', size=256), moved(corners, degrees, 1.0, (200, 180))
    )
    np.testing.assert_allclose(found + 0.5, [[0, 0], [0, 256], [256, 256], [256, 0]], atol=1e-9)


def test_the_crop_shows_what_the_matrix_says():
    source = moved(ARCFACE112, 20, 2.0, (60, 40))
    image = np.zeros((320, 320, 3), np.uint8)
    ys, xs = np.mgrid[:320, :320]
    for channel, (x, y) in enumerate(source[[0, 2, 4]]):
        image[..., channel] = 255 * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / 72)
    result = align(image, source)
    assert result.shape == (112, 112, 3) and result.dtype == np.uint8
    for channel, index in enumerate((0, 2, 4)):
        weight = result[..., channel].astype(float)
        weight[weight < 60] = 0
        center = [(weight * np.mgrid[:112, :112][axis]).sum() / weight.sum() for axis in (1, 0)]
        np.testing.assert_allclose(center, ARCFACE112[index], atol=0.1)
    assert align(image, source, template='ffhq', size=64).shape == (64, 64, 3)


@pytest.mark.parametrize(
    ('points', 'more', 'message'),
    [
        (ARCFACE112, dict(template='vgg'), "one of .*found 'vgg'"),
        (ARCFACE112, dict(size=0), 'size must be positive'),
        (np.zeros((7, 2)), {}, '7 points are none of the known mark-ups'),
        (np.zeros((7, 2)), dict(markup=WFLW98), 'expected the 98 points of wflw, found 7'),
        (np.zeros((5, 2)), {}, 'not all the same'),
        (np.full((5, 2), np.nan), {}, 'must be finite'),
        (np.eye(5, 2)[[2, 2, 0, 2, 2]], dict(template='ffhq'), 'the eyes and the mouth must lie'),
        (np.zeros(5), {}, r'shape \(K, 2\), found \(5,\)'),
    ],
)
def test_wrong_arguments(points, more, message):
    with pytest.raises(ValueError, match=message):
        align_matrix(points, **more)
