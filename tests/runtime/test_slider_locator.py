import shutil

import numpy as np
import pytest
from helpers.exported_models import IN_A_ROW, slider_folder, twice_looking_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pfld_mm.register  # noqa: F401

# isort: split
from pfld_mm.core.network_input import network_input
from pfld_mm.datasets.transforms.letterbox_affine import LetterboxAffine
from pfld_mm.runtime.slider_locator import SliderLocator

ALL_VALID = np.full((64, 128), 255, np.uint8)


@pytest.fixture(scope='module')
def locator(slider_model):
    return SliderLocator(slider_model)


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
    # cell center + offset (0.25, -0.25) cells, and (0.125, 0.5) for the piece
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


BOXES = [[62, 60, 102, 100], [60, 68, 100, 108]]
"""Of piece and gap in their squares: centers 2 px right of the middle and 8 px below it."""


def spots():
    """A puzzle of the size of the input: the gap is red, the piece green."""
    picture = np.zeros((128, 256, 3), np.uint8)
    picture[60:64, 200:204, 2] = 250
    picture[60:64, 40:44, 1] = 200
    return picture


def test_the_second_look_has_the_last_word(tmp_path):
    twice = SliderLocator(twice_looking_folder(tmp_path / 'm', BOXES, angle=0.02))
    result = twice(spots())
    # the squares lie on whole pixels of the input
    corner = [round(x + 0.5 - 80) for x in (200 + 2.5, 40 + 2.0)]
    middle = (corner[0] + 80 + corner[1] + 82) / 2  # their distance, align_piece corrects
    assert (result.gap[0] + result.piece[0]) / 2 == pytest.approx(middle)
    row = (250 * 61 + 200 * 64) / 450  # by heat, of what the first look says
    assert result.gap[1] == result.piece[1] == pytest.approx(round(row - 80) + 80 + (4 + 8) / 2)
    assert result.angle == pytest.approx(0.02)  # the median of five views, two of them mirrored
    np.testing.assert_allclose(result.scores, (250 / 255, 200 / 255), atol=1e-3)


@pytest.mark.parametrize(('match', 'looks'), [(9.0, 1), (1.0, 2)])
def test_an_unsure_match_is_looked_for_upside_down(tmp_path, monkeypatch, match, looks):
    twice, seen = SliderLocator(twice_looking_folder(tmp_path / 'm', BOXES, match=match)), []
    inference = twice.inference
    monkeypatch.setattr(twice, 'inference', lambda x: seen.append(x) or inference(x))
    twice(spots())
    assert len(seen) == looks
    if looks == 2:
        np.testing.assert_array_equal(seen[1], seen[0][:, :, ::-1])


def test_where_it_sees_no_pair_it_measures_the_gap_alone(tmp_path):
    once = SliderLocator(slider_folder(tmp_path / 'once', (256, 128), codec=IN_A_ROW))
    twice = SliderLocator(twice_looking_folder(tmp_path / 'm', BOXES, match=-1.0))
    first, second = once(spots()), twice(spots())
    assert second.gap[1] == second.piece[1] == round(first.gap[1] - 80) + 88
    assert second.scores == first.scores and second.angle == first.angle


def test_self_test_of_both_looks(tmp_path):
    folder = twice_looking_folder(tmp_path / 'm', BOXES)
    assert SliderLocator(folder).self_test() < 1e-3
    arrays = dict(np.load(folder / 'golden.npz'))
    arrays['squares_output'][:, 5] += 0.62
    np.savez(folder / 'golden.npz', **arrays)
    with pytest.raises(RuntimeError, match=r'differ by 0\.62'):
        SliderLocator(folder).self_test()
    del arrays['squares']
    np.savez(folder / 'golden.npz', **arrays)
    with pytest.raises(ValueError, match='no squares for the second look'):
        SliderLocator(folder).self_test()


def test_a_model_that_looks_twice_needs_both_files(tmp_path):
    folder = twice_looking_folder(tmp_path / 'm', BOXES)
    assert SliderLocator(folder / 'model.onnx')(spots()) == SliderLocator(folder)(spots())
    (folder / 'second_look.onnx').unlink()
    for source in (folder, folder / 'model.onnx'):
        with pytest.raises(FileNotFoundError, match=r'second_look\.onnx.*looks twice'):
            SliderLocator(source)


def test_the_second_look_of_another_model_is_refused(tmp_path):
    folder = twice_looking_folder(tmp_path / 'm', BOXES)
    other = slider_folder(
        tmp_path / 'o', (256, 128), second_look='second_look.onnx', weights_sha256='1' * 64
    )
    shutil.copy(folder / 'second_look.onnx', other)
    with pytest.raises(ValueError, match="of two models: 'weights_sha256'"):
        SliderLocator(other)


def test_the_second_look_is_onnxruntimes_whatever_the_first_is(tmp_path):
    pytest.importorskip('openvino')
    folder = twice_looking_folder(tmp_path / 'm', BOXES)
    here, there = SliderLocator(folder), SliderLocator(folder, 'openvino_bf16')
    assert type(there.session) is not type(there.second_look) is type(here.second_look)
    assert there(spots()).gap == pytest.approx(here(spots()).gap, abs=0.5)
