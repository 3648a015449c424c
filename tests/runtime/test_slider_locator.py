import numpy as np
import pytest
from helpers.exported_models import slider_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pfld_mm.register  # noqa: F401

# isort: split
from pfld_mm.codecs.center_offset_angle import CenterOffsetAngleLabel
from pfld_mm.datasets.transforms.letterbox_affine import LetterboxAffine
from pfld_mm.runtime.network_input import network_input
from pfld_mm.runtime.slider_locator import SliderLocator, decode

ALL_VALID = np.full((64, 128), 255, np.uint8)


@pytest.fixture(scope='module')
def locator(slider_model):
    return SliderLocator(slider_model)


@given(seed=st.integers(0, 2**32 - 1))
def test_decode_equals_the_codec(seed):
    rng = np.random.default_rng(seed)
    output = rng.uniform(-0.5, 0.5, (8, 16, 32)).astype(np.float32)
    output[:2] = rng.choice([0, 0.1, 0.2, 0.9], (2, 16, 32))  # ties, too
    points, scores, angle = decode(output, ALL_VALID)
    expected = CenterOffsetAngleLabel((128, 64)).decode(output)
    np.testing.assert_allclose(points, expected[0][0], atol=1e-5)
    np.testing.assert_array_equal(scores.astype(np.float32), expected[1][0])
    assert angle == pytest.approx(float(expected[2][0]), abs=1e-6)


def test_decode_returns_what_the_codec_encoded():
    codec = CenterOffsetAngleLabel((128, 64))
    centers = np.array([[[97.3, 21.9], [10.6, 22.4]]])
    labels = codec.encode(centers, angle=0.3)
    angle = np.broadcast_to(labels['angle_labels'][0, :, None, None], (2, 16, 32))
    output = np.concatenate([labels['heatmaps'], labels['offsets'], angle])
    points, scores, found = decode(output, ALL_VALID)
    np.testing.assert_allclose(points, centers[0], atol=1e-4)
    np.testing.assert_array_equal(scores, 1)
    assert found == pytest.approx(0.3, abs=1e-6)


def test_padding_never_wins():
    output = np.zeros((8, 16, 32), np.float32)
    output[:2, :, :4] = 0.9  # hot where there is only padding
    output[:2, 5, 9] = 0.1
    mask = ALL_VALID.copy()
    mask[:, :16] = 0
    points, scores, _ = decode(output, mask)
    np.testing.assert_allclose(points, np.array([[38, 22], [38, 22]]))
    np.testing.assert_allclose(scores, 0.1)
    mask[0, 15] = 1  # one valid pixel is enough for a cell
    assert decode(output, mask)[1][0] == np.float32(0.9)


def test_input_is_that_of_training(locator):
    image = np.random.default_rng(0).integers(0, 256, (90, 110, 3), np.uint8)
    expected = LetterboxAffine((128, 64)).transform(
        dict(img=image, bbox_center=np.array([[55, 45.0]]), bbox_scale=np.array([[110, 90.0]]))
    )
    tensor = network_input([locator.preprocess(image).picture], locator.info)
    assert tensor.shape == (1, 4, 64, 128)
    np.testing.assert_array_equal(
        tensor[0], np.float32(expected['img'].transpose(2, 0, 1)) / np.float32(255)
    )


@pytest.mark.parametrize('zoom', [1, 2, 3])
def test_finds_red_gap_and_green_piece_in_picture_coordinates(locator, zoom):
    picture = np.zeros((64, 128, 3), np.uint8)
    picture[20:24, 96:100, 2] = 250
    picture[20:24, 8:12, 1] = 200
    picture = picture.repeat(zoom, 0).repeat(zoom, 1)
    result = locator(picture)
    # cell centre + offset (0.25, -0.25) cells, and (0.125, 0.5) for the piece
    np.testing.assert_allclose(result.gap, np.multiply((99, 21), zoom), atol=1e-4)
    np.testing.assert_allclose(result.piece, np.multiply((10.5, 24), zoom), atol=1e-4)
    assert result.distance == pytest.approx(88.5 * zoom, abs=1e-4)
    assert result.angle == pytest.approx(0.5, abs=1e-6)
    np.testing.assert_allclose(result.scores, (250 / 255, 200 / 255), atol=1e-3)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    height=st.integers(1, 300), width=st.integers(1, 300), kind=st.sampled_from(['u1', 'u2', 'f4'])
)
def test_any_picture_has_its_answer_within(locator, height, width, kind):
    values = np.random.default_rng(height).uniform(0, 1, (height, width))
    picture = values.astype('f4') if kind == 'f4' else (values * np.iinfo(kind).max).astype(kind)
    result = locator(picture)
    # within the picture and one cell, as far as offsets reach
    cell = 4 * max(width / 128, height / 64)
    for x, y in (result.gap, result.piece):
        assert -cell <= x <= width + cell and -cell <= y <= height + cell


@pytest.mark.parametrize('image', [None, np.zeros((0, 9, 3), np.uint8), np.zeros((9, 9), int)])
def test_impossible_pictures(locator, image):
    with pytest.raises(ValueError, match='picture'):
        locator(image)


def test_self_test(locator, tmp_path):
    assert locator.self_test() < 1e-3
    wrong = slider_folder(tmp_path / 'm')
    arrays = dict(np.load(wrong / 'golden.npz'))
    arrays['output'][:, 2] += 0.1
    np.savez(wrong / 'golden.npz', **arrays)
    with pytest.raises(RuntimeError, match=r'differ by 0\.4'):
        SliderLocator(wrong).self_test()


def test_a_face_model_is_refused(face_model):
    with pytest.raises(ValueError, match='use FaceLandmarker'):
        SliderLocator(face_model)


def test_self_test_wants_the_mask(tmp_path):
    folder = slider_folder(tmp_path / 'm')
    arrays = dict(np.load(folder / 'golden.npz'))
    np.savez(folder / 'golden.npz', **{**arrays, 'picture': arrays['picture'][..., :3]})
    with pytest.raises(ValueError, match=r'RGB and mask, found \(64, 128, 3\)'):
        SliderLocator(folder).self_test()
