import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pfld_mm.register  # noqa: F401

# isort: split
from pfld_mm.codecs.center_offset_angle import CenterOffsetAngleLabel
from pfld_mm.core.slider.decode import decode_slider, valid_cells


def encoded(gap, piece, angle=0.0, scores_of=(1.0, 1.0)):
    """What a perfect network of 128x64 px would say, its scores scaled."""
    labels = CenterOffsetAngleLabel((128, 64)).encode(np.array([[gap, piece]]), angle=angle)
    angles = np.broadcast_to(labels['angle_labels'][0, :, None, None], (2, 16, 32))
    maps = labels['heatmaps'] * np.reshape(scores_of, (2, 1, 1))
    return np.concatenate([maps, labels['offsets'], angles]).astype(np.float32)


@given(st.integers(0, 2**32 - 1))
def test_the_codec_reads_the_same(seed):
    rng = np.random.default_rng(seed)
    output = rng.uniform(-0.5, 0.5, (8, 16, 32)).astype(np.float32)
    output[:2] = rng.choice([0, 0.1, 0.2, 0.9], (2, 16, 32))  # ties, too
    points, scores, angle = decode_slider(output)
    expected = CenterOffsetAngleLabel((128, 64)).decode(output)
    np.testing.assert_allclose(points, expected[0][0], atol=1e-5)
    np.testing.assert_allclose(scores, expected[1][0])
    assert angle == pytest.approx(float(expected[2][0]), abs=1e-6)


def test_returns_what_the_codec_encoded():
    points, scores, angle = decode_slider(encoded((97.3, 21.9), (10.6, 42.4), 0.3))
    np.testing.assert_allclose(points, [[97.3, 21.9], [10.6, 42.4]], atol=1e-4)
    np.testing.assert_array_equal(scores, 1)
    assert angle == pytest.approx(0.3, abs=1e-6)


@given(*[st.floats(8, 120)] * 2, st.floats(0, 64))
def test_a_pair_of_one_row_comes_back(gap_x, piece_x, y):
    points, scores, _ = decode_slider(encoded((gap_x, y), (piece_x, y)), same_row=True)
    np.testing.assert_allclose(points, [[gap_x, y], [piece_x, y]], atol=1e-3)
    np.testing.assert_array_equal(scores, 1)


@pytest.mark.parametrize('weak', [0, 1])
def test_the_less_sure_one_is_looked_for_in_the_row_of_the_other(weak):
    true, decoy = [(97.3, 21.9), (10.6, 21.9)], (60.0, 50.0)
    output = encoded(*true, scores_of=(0.8, 0.8))
    output[weak, :10] *= 0.5  # a true center that is hardly seen, and a decoy that is seen better
    other = encoded(decoy, decoy)
    output[weak] = np.maximum(output[weak], 0.6 * other[weak])
    output[2 + 2 * weak : 4 + 2 * weak, 8:] = other[2 + 2 * weak : 4 + 2 * weak, 8:]
    free, scores, _ = decode_slider(output)
    np.testing.assert_allclose(free[weak], decoy, atol=1e-3)
    assert scores[weak] == pytest.approx(0.6)
    points, scores, _ = decode_slider(output, same_row=True)
    np.testing.assert_allclose(points, true, atol=1e-3)
    assert scores[weak] == pytest.approx(0.4)


def test_the_height_is_the_mean_by_score():
    output = encoded((97.3, 21.0), (10.6, 23.0), scores_of=(0.3, 0.9))
    points, _, _ = decode_slider(output, same_row=True)
    np.testing.assert_allclose(points, [[97.3, 22.5], [10.6, 22.5]], atol=1e-4)


def test_padding_never_wins():
    output = np.zeros((8, 16, 32), np.float32)
    output[:2, :, :4] = 0.9  # high where there is only padding
    output[:2, 5, 9] = 0.1
    valid = np.ones((16, 32), bool)
    valid[:, :4] = False
    points, scores, _ = decode_slider(output, valid)
    np.testing.assert_allclose(points, [[38, 22], [38, 22]])
    np.testing.assert_allclose(scores, 0.1)


def test_no_scores_at_all_are_an_answer_without_a_score():
    points, scores, _ = decode_slider(np.zeros((8, 16, 32), np.float32), same_row=True)
    assert np.isfinite(points).all()
    assert scores.tolist() == [0, 0]


def test_a_cell_is_valid_from_one_pixel_on():
    mask = np.zeros((64, 128), np.uint8)
    mask[3:61, 8:] = 255
    expected = np.ones((16, 32), bool)
    expected[:, :2] = False
    np.testing.assert_array_equal(valid_cells(mask, 4), expected)
    mask[:4] = 0
    expected[0] = False
    np.testing.assert_array_equal(valid_cells(mask, 4), expected)
