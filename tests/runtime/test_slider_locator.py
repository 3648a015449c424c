import json
import pickle
import shutil

import numpy as np
import pytest
from helpers.exported_models import slider_folder, two_stage_folder, two_stage_info
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
    tensor = network_input([locator.preprocess(image).image], locator.info)
    assert tensor.shape == (1, 4, 64, 128)
    np.testing.assert_array_equal(
        tensor[0], np.float32(expected['img'].transpose(2, 0, 1)) / np.float32(255)
    )


@pytest.mark.parametrize('zoom', [1, 2, 3])
def test_finds_red_gap_and_green_piece_in_pixels_of_the_image(locator, zoom):
    """The center of pixel (0, 0) is at (0, 0)."""
    image = np.zeros((64, 128, 3), np.uint8)
    image[20:24, 96:100, 2] = 250
    image[20:24, 8:12, 1] = 200
    image = image.repeat(zoom, 0).repeat(zoom, 1)
    result = locator(image)
    # cell center + offset (0.25, -0.25) cells, and (0.125, 0.5) for the piece, from the corner
    np.testing.assert_allclose(result.gap, np.multiply((99, 21), zoom) - 0.5, atol=1e-4)
    np.testing.assert_allclose(result.piece, np.multiply((10.5, 24), zoom) - 0.5, atol=1e-4)
    assert result.distance == pytest.approx(88.5 * zoom, abs=1e-4)
    assert result.angle == pytest.approx(0.5, abs=1e-6)
    np.testing.assert_allclose(result.scores, (250 / 255, 200 / 255), atol=1e-3)
    assert result.found and result.match_logit is None


def test_proposals_are_pairs_in_pixels_of_the_input(locator):
    image = np.zeros((64, 128, 3), np.uint8)
    image[20:24, 96:100, 2] = 250
    image[20:24, 8:12, 1] = 200
    first = locator.propose(locator.preprocess(image))[0]
    # counted from the corner, half a pixel more than in a result
    np.testing.assert_allclose([first.gap.x, first.gap.y], [99, 21], atol=1e-4)
    np.testing.assert_allclose([first.piece.x, first.piece.y], [10.5, 24], atol=1e-4)


def test_three_steps_are_one_call(locator):
    image = np.random.default_rng(1).integers(0, 256, (70, 150, 3), np.uint8)
    box = locator.preprocess(image)
    prediction = locator.inference(box)
    result = locator.postprocess(prediction, box)
    assert result == locator(image)
    np.testing.assert_allclose(box.to_image(prediction.points), (result.gap, result.piece))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    height=st.integers(1, 300), width=st.integers(1, 300), kind=st.sampled_from(['u1', 'u2', 'f4'])
)
def test_any_image_has_its_answer_within(locator, height, width, kind):
    values = np.random.default_rng(height).uniform(0, 1, (height, width))
    image = values.astype('f4') if kind == 'f4' else (values * np.iinfo(kind).max).astype(kind)
    result = locator(image)
    # within the image and one cell, as far as offsets reach
    cell = 4 * max(width / 128, height / 64)
    for x, y in np.add((result.gap, result.piece), 0.5):
        assert -cell <= x <= width + cell and -cell <= y <= height + cell


@pytest.mark.parametrize('image', [None, np.zeros((0, 9, 3), np.uint8), np.zeros((9, 9), int)])
def test_impossible_images(locator, image):
    with pytest.raises(ValueError, match='image'):
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
    np.savez(folder / 'golden.npz', **{**arrays, 'image': arrays['image'][..., :3]})
    with pytest.raises(ValueError, match=r'BGR and mask, found \(64, 128, 3\)'):
        SliderLocator(folder).self_test()


BOXES = [[62, 60, 102, 100], [60, 68, 100, 108]]
"""Of piece and gap in their squares: centers 2 px right of the middle and 8 px below it."""


def spots():
    """A puzzle of the size of the input: the gap is red, the piece green."""
    image = np.zeros((128, 256, 3), np.uint8)
    image[60:64, 200:204, 2] = 250
    image[60:64, 40:44, 1] = 200
    return image


def test_the_verifier_has_the_last_word(tmp_path):
    locator = SliderLocator(two_stage_folder(tmp_path / 'm', BOXES, angle=0.02))
    result = locator(spots())
    # the squares lie on whole pixels of the input, the second ones around what was found
    corners = [round(x + 0.5 - 80) + moved for x, moved in ((200 + 2.5, 0), (40 + 2.0, 2))]
    row = (250 * 61 + 200 * 64) / 450  # by score, of what the proposal network says
    top = round(row - 80) + 4
    # the median of four mirrored views, whose boxes are as far to one side as to the other
    assert result.gap == pytest.approx((corners[0] + 80 - 0.5, top + 80 - 0.5))
    assert result.piece == pytest.approx((corners[1] + 80 - 0.5, top + 80 - 0.5))
    assert result.angle == pytest.approx(0.0)
    assert result.match_logit == pytest.approx(9.0)
    np.testing.assert_allclose(result.scores, (250 / 255, 200 / 255), atol=1e-3)


def test_params_come_from_the_model(tmp_path):
    folder = two_stage_folder(tmp_path / 'm', BOXES, match=4.0, cascade=dict(min_match_logit=4.5))
    locator = SliderLocator(folder)
    assert locator.cascade.params.min_match_logit == 4.5
    assert not locator(spots()).found


def test_one_network_runs_once(tmp_path, monkeypatch):
    locator, calls = SliderLocator(two_stage_folder(tmp_path / 'm', BOXES)), []
    session, verifier = locator.session, locator.verifier
    monkeypatch.setattr(
        'pfld_mm.runtime.slider_locator.run_in_batches',
        lambda network, x: calls.append((network is verifier, len(x))) or network(x),
    )
    locator(spots())
    assert session is not verifier
    assert calls == [(False, 1), (True, 1), (True, 1), (True, 3)]


def test_where_nothing_matches_there_is_no_answer(tmp_path):
    locator = SliderLocator(two_stage_folder(tmp_path / 'm', BOXES, match=-1.0))
    result = locator(spots())
    assert not result.found and result.match_logit == pytest.approx(-1.0)
    assert (result.gap, result.piece, result.distance, result.angle) == (None,) * 4
    np.testing.assert_allclose(result.scores, (250 / 255, 200 / 255), atol=1e-3)
    assert json.loads(json.dumps(result.to_dict())) == dict(
        found=False,
        gap=None,
        piece=None,
        distance=None,
        angle=None,
        scores=np.round(result.scores, 4).tolist(),
        match_logit=-1.0,
    )


def test_self_test_of_both_networks(tmp_path):
    folder = two_stage_folder(tmp_path / 'm', BOXES)
    assert SliderLocator(folder).self_test() < 1e-3
    arrays = dict(np.load(folder / 'golden.npz'))
    arrays['squares_output'][:, 5] += 0.62
    np.savez(folder / 'golden.npz', **arrays)
    with pytest.raises(RuntimeError, match=r'differ by 0\.62'):
        SliderLocator(folder).self_test()
    del arrays['squares']
    np.savez(folder / 'golden.npz', **arrays)
    with pytest.raises(ValueError, match='no squares for the pair verifier'):
        SliderLocator(folder).self_test()


def test_a_two_stage_model_needs_both_files(tmp_path):
    folder = two_stage_folder(tmp_path / 'm', BOXES)
    assert SliderLocator(folder / 'model.onnx')(spots()) == SliderLocator(folder)(spots())
    (folder / 'pair_verifier.onnx').unlink()
    for source in (folder, folder / 'model.onnx'):
        with pytest.raises(FileNotFoundError, match=r'pair_verifier\.onnx.*has a pair verifier'):
            SliderLocator(source)


def test_the_verifier_of_another_model_is_refused(tmp_path):
    folder = two_stage_folder(tmp_path / 'm', BOXES)
    other = two_stage_folder(tmp_path / 'o', BOXES, weights_sha256='1' * 64)
    assert two_stage_info()['weights_sha256'] != '1' * 64
    shutil.copy(folder / 'pair_verifier.onnx', other)
    with pytest.raises(ValueError, match="of two models: 'weights_sha256'"):
        SliderLocator(other)


def test_the_verifier_is_onnxruntimes_whatever_the_proposal_network_is(tmp_path):
    pytest.importorskip('openvino')
    folder = two_stage_folder(tmp_path / 'm', BOXES)
    here, there = SliderLocator(folder), SliderLocator(folder, 'openvino_bf16')
    assert type(there.session) is not type(there.verifier) is type(here.verifier)
    assert there(spots()).gap == pytest.approx(here(spots()).gap, abs=0.5)


def test_a_pickled_locator_opens_its_model_again():
    locator = SliderLocator()
    other = pickle.loads(pickle.dumps(locator))
    image = np.random.default_rng(0).integers(0, 255, (160, 320, 3), np.uint8)
    assert other(image) == locator(image)
