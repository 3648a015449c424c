import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pfld_mm.compat  # noqa: F401
from pfld_mm.codecs.center_offset_angle import CenterOffsetAngleLabel
from pfld_mm.core.letterbox import coverage

SIZE = (128, 64)
UNIT = st.floats(0, 1)
ANGLE = st.floats(-math.pi + 1e-5, math.pi)


def as_output(labels):
    """What a perfect network would answer, padding at 0 as the head leaves it."""
    heatmap = labels['heatmaps'] * (labels['cell_weights'] > 0)
    angle = np.broadcast_to(labels['angle_labels'].reshape(2, 1, 1), heatmap.shape)
    return np.concatenate([heatmap, labels['offsets'], angle])


def letterbox(width, height, points, size=SIZE):
    """Geometry and mask of an image without making its pixels."""
    zoom = min(size[0] / width, size[1] / height)
    scale = np.array(size) / zoom
    corner = np.array([width, height]) / 2 - scale / 2
    mask = coverage((width, height), zoom, corner, size)
    return (points - corner) * zoom, mask, lambda kp: kp / size * scale + corner


@pytest.mark.parametrize(('reach', 'stride'), [(0.5, 4), (2, 4), (2, 8)])
@settings(max_examples=300, deadline=None)
@given(st.integers(8, 4000), st.integers(8, 4000), st.tuples(*[UNIT] * 4), ANGLE)
def test_round_trip_through_the_letterbox(reach, stride, width, height, places, angle):
    codec = CenterOffsetAngleLabel(SIZE, offset_reach=reach, stride=stride)
    points = np.reshape(places, (1, 2, 2)) * [width, height]
    inside, mask, back = letterbox(width, height, points)
    labels = codec.encode(inside, angle=angle, valid_mask=mask)
    assert labels['keypoint_weights'].tolist() == [[1, 1]]
    decoded, scores, theta = codec.decode(as_output(labels))
    np.testing.assert_allclose(back(decoded), points, atol=1e-3)
    assert scores.tolist() == [[1, 1]]
    error = (theta[0] - angle + math.pi) % (2 * math.pi) - math.pi
    assert abs(error) < 1e-4


def seed_round_trip(x, y, w=32, h=16, sigma=1.5):
    """Encode and decode as seed 004 writes it: Gaussian on integer cells, offset from floor."""
    u, v = x / 4, y / 4
    i, j = np.mgrid[:h, :w]
    heatmap = np.exp(-((i - v) ** 2 + (j - u) ** 2) / (2 * sigma**2))
    row, column = divmod(int(heatmap.argmax()), w)
    offset = u - math.floor(u) - 0.5, v - math.floor(v) - 0.5
    return 4 * (column + 0.5 + offset[0]), 4 * (row + 0.5 + offset[1])


def test_the_seeds_literal_form_is_a_cell_off():
    assert seed_round_trip(41.0, 21.0) == pytest.approx((41.0, 21.0))
    # frac(u) = 0.75: the Gaussian peaks at round(u), the offset counts from floor(u)
    assert seed_round_trip(43.0, 21.0) == pytest.approx((47.0, 21.0))
    codec = CenterOffsetAngleLabel(SIZE)
    points = np.array([[[43.0, 21.0], [41.0, 21.0]]])
    assert codec.decode(as_output(codec.encode(points)))[0] == pytest.approx(points)


def test_the_seeds_literal_form_has_no_positive_at_a_corner():
    u = v = 10.5
    i, j = np.mgrid[:16, :32]
    literal = np.exp(-((i - v) ** 2 + (j - u) ** 2) / (2 * 1.5**2))
    assert literal.max() < 0.9


@settings(max_examples=100, deadline=None)
@given(UNIT, UNIT)
def test_exactly_the_holding_cell_is_positive(x, y):
    codec = CenterOffsetAngleLabel(SIZE)
    point = np.array([x * 127.99, y * 63.99])
    heatmap = codec.encode(np.stack([point, point])[None])['heatmaps'][0]
    assert (heatmap >= 0.9).sum() == 1
    column, row = (point // 4).astype(int)
    assert heatmap[row, column] == 1


def test_gaussian_away_from_the_peak():
    codec = CenterOffsetAngleLabel(SIZE, sigma=2)
    heatmap = codec.encode(np.array([[[41.0, 21.0], [0.0, 0.0]]]))['heatmaps'][0]
    u, v = 41 / 4, 21 / 4
    for row, column in ((5, 14), (9, 10), (1, 7)):
        squares = (column + 0.5 - u) ** 2 + (row + 0.5 - v) ** 2
        assert heatmap[row, column] == pytest.approx(math.exp(-squares / 8), rel=1e-5)


def test_neighbours_point_at_the_centre():
    codec = CenterOffsetAngleLabel(SIZE)
    offsets = codec.encode(np.array([[[41.0, 21.0], [70.0, 40.0]]]))['offsets']
    assert offsets[:2, 5, 10].tolist() == [-0.25, -0.25]
    assert offsets[:2, 5, 9].tolist() == [0.5, -0.25]
    assert offsets[:2, 4, 11].tolist() == [-0.5, 0.5]
    assert offsets[2:, 10, 17].tolist() == [0.0, -0.5]
    far = CenterOffsetAngleLabel(SIZE, offset_reach=2)
    offsets = far.encode(np.array([[[41.0, 21.0], [70.0, 40.0]]]))['offsets']
    assert offsets[:2, 5, 9].tolist() == [0.75, -0.25]
    assert offsets[:2, 4, 13].tolist() == [-2, 0.75]


def test_a_peak_beside_the_true_cell():
    """It names the center where offsets reach that far; the seed's reach half a cell."""
    for reach, x in ((0.5, 96.0), (2.0, 97.3)):
        codec = CenterOffsetAngleLabel(SIZE, offset_reach=reach)
        labels = codec.encode(np.array([[[97.3, 22.0], [10.6, 42.4]]]), angle=0.0)
        labels['heatmaps'][0, 5, 23] = 2
        decoded, _, _ = codec.decode(as_output(labels))
        np.testing.assert_allclose(decoded[0, 0], (x, 22), atol=1e-4)


def test_what_is_not_labelled_has_no_weight():
    codec = CenterOffsetAngleLabel(SIZE)
    points = np.array([[[41.0, 21.0], [np.nan, 0.0]]])
    labels = codec.encode(points, np.array([[1.0, 0.0]]), None, np.zeros((0, 2)))
    assert labels['keypoint_weights'].tolist() == [[1, 0]]
    assert labels['angle_weights'].tolist() == [[0]]
    assert labels['decoy_weights'].shape == (1, 0)
    assert labels['heatmaps'][1].max() == 0
    for value in (math.nan, None):
        assert codec.encode(points[:, ::-1] * 0, angle=value)['angle_weights'] == 0


def test_points_and_decoys_outside_of_the_image_do_not_count():
    mask = np.ones((64, 128), np.float32)
    mask[:, 100:] = 0
    codec = CenterOffsetAngleLabel(SIZE)
    points = np.array([[[50.0, 20.0], [104.0, 20.0]]])
    decoys = np.array([[20.0, 20.0], [103.0, 20.0], [100.0, 64.0], [-1.0, 5.0]])
    labels = codec.encode(points, None, 0.1, decoys, mask)
    assert labels['keypoint_weights'].tolist() == [[1, 0]]
    assert labels['decoy_weights'].tolist() == [[1, 0, 1, 0]]
    labels = codec.encode(points[:, ::-1], None, 0.1, decoys, mask)
    assert labels['decoy_weights'].sum() == 0 and labels['angle_weights'].sum() == 0


def test_fully_padded_sample():
    labels = CenterOffsetAngleLabel(SIZE).encode(
        np.full((1, 2, 2), 9.0), None, 0.3, np.ones((1, 2)), np.zeros((64, 128))
    )
    for key in ('keypoint_weights', 'angle_weights', 'decoy_weights', 'cell_weights'):
        assert labels[key].sum() == 0
    assert all(np.isfinite(value).all() for value in labels.values())


def test_cell_weights_are_the_valid_ratio():
    mask = np.zeros((64, 128), np.float32)
    mask[:6, :] = 1
    weights = CenterOffsetAngleLabel(SIZE).encode(np.zeros((1, 2, 2)), valid_mask=mask)
    assert weights['cell_weights'][0, :3, 5].tolist() == [1, 0.5, 0]


def test_input_size_must_fit_the_stride():
    with pytest.raises(ValueError, match=r'multiples of 4, found \(130, 64\)'):
        CenterOffsetAngleLabel((130, 64))


def test_offsets_must_reach_half_a_cell():
    with pytest.raises(ValueError, match=r'at least half a cell, found 0\.4'):
        CenterOffsetAngleLabel(SIZE, offset_reach=0.4)
