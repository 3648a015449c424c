import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pfld_mm.compat  # noqa: F401
from pfld_mm.datasets.transforms.letterbox_affine import LetterboxAffine

from mmpose.datasets.transforms import GetBBoxCenterScale  # isort: skip


def results_of(image, points=((0, 0), (0, 0)), decoys=None):
    h, w = image.shape[:2]
    results = dict(
        img=image,
        bbox=np.array([[0, 0, w, h]], np.float32),
        keypoints=np.array([points], np.float32),
    )
    if decoys is not None:
        results['decoys'] = np.array(decoys, np.float32)
    return GetBBoxCenterScale(padding=1.0).transform(results)


def undo(points, results):
    """mmpose's TopdownPoseEstimator.add_pred_to_datasample."""
    size, scale = results['input_size'], results['input_scale']
    return points / size * scale + results['input_center'] - 0.5 * scale


def square(width, height, x, y, side):
    """A white square on black, exact by 8 x 8 oversampling; center (x, y) from the corner."""
    image = np.zeros((height * 8, width * 8), np.float32)
    left, top = round((x - side / 2) * 8), round((y - side / 2) * 8)
    image[top : top + side * 8, left : left + side * 8] = 255
    small = image.reshape(height, 8, width, 8).mean(axis=(1, 3))
    return np.repeat(small[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ('width', 'height'), [(620, 310), (260, 140), (344, 384), (1500, 600), (128, 64), (90, 300)]
)
def test_a_squares_centre_lands_on_its_label(width, height):
    x, y, side = 0.4 * width // 1 + 0.25, 0.6 * height // 1 + 0.5, height // 6
    label = x - 0.5, y - 0.5  # the center of the first pixel is at (0, 0)
    results = results_of(square(width, height, x, y, side), (label, label))
    out = LetterboxAffine((512, 256)).transform(results)
    red = out['img'][..., 0].astype(np.float64)
    found = [(red.sum(axis) @ (np.arange(n) + 0.5)) / red.sum() for axis, n in ((0, 512), (1, 256))]
    # warpAffine reads from a grid of 1/32 pixel of the image, and gray levels are rounded
    np.testing.assert_allclose(found, out['transformed_keypoints'][0, 0], atol=1 / 16)


def test_the_naive_matrix_is_off():
    """Without the shift of half a pixel a square of 128 px enlarged to 512 is 1.5 px away."""
    image = square(128, 64, 50, 32, 12)
    naive = cv2.warpAffine(image, np.array([[4.0, 0, 0], [0, 4.0, 0]]), (512, 256))[..., 0]
    found = naive.sum(0) @ (np.arange(512) + 0.5) / naive.sum()
    assert abs(found - 200) > 1


def test_colors_mask_and_padding():
    image = np.full((100, 100, 3), (10, 20, 30), np.uint8)
    out = LetterboxAffine((128, 64), border_value=7).transform(results_of(image))
    assert out['img'].shape == (64, 128, 4) and out['img'].dtype == np.uint8
    assert out['img'][32, 64].tolist() == [30, 20, 10, 255]
    assert out['img'][32, 10].tolist() == [7, 7, 7, 0]
    mask = out['valid_mask']
    assert mask[:, 32:96].min() == 1 and mask[:, :32].max() == 0 and mask[:, 96:].max() == 0


def test_a_partly_covered_pixel_counts_by_its_coverage():
    out = LetterboxAffine((128, 64)).transform(results_of(np.ones((100, 101, 3), np.uint8)))
    # 101 * 0.64 = 64.64 columns, from 31.68 to 96.32
    assert out['valid_mask'][5, 31] == pytest.approx(0.32, abs=1e-5)
    assert out['valid_mask'][5, 96] == pytest.approx(0.32, abs=1e-5)
    assert out['img'][5, 31, 3] == 82 and out['img'][5, 31, 0] == 1
    assert out['valid_mask'].sum() == pytest.approx(64.64 * 64, rel=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(4, 700), st.integers(4, 700), st.tuples(*[st.floats(0, 1)] * 4))
def test_mmpose_undoes_it(width, height, places):
    points = np.reshape(places, (2, 2)) * [width, height] - 0.5
    results = results_of(np.zeros((height, width, 3), np.uint8), points, points[:1])
    out = LetterboxAffine((128, 64)).transform(results)
    # mmpose's inverse counts from the image's corner, as `TwoStageSlider.add_predictions` knows
    found = undo(out['transformed_keypoints'], out)[0] - 0.5
    np.testing.assert_allclose(found, points, atol=2e-4)
    assert np.array_equal(out['transformed_decoys'][0], out['transformed_keypoints'][0, 0])
    assert (out['transformed_keypoints'] > -1e-3).all()


def test_shrinking_averages():
    """A one-pixel checkerboard of a large image becomes gray, not a moire."""
    board = (np.indices((800, 1600)).sum(0) % 2 * 255).astype(np.uint8)
    out = LetterboxAffine((128, 64)).transform(results_of(np.dstack([board] * 3)))
    assert np.abs(out['img'][..., :3].astype(int) - 127).max() <= 2


def test_without_labels_and_with_rotation():
    results = results_of(np.zeros((10, 20, 3), np.uint8))
    del results['keypoints']
    assert 'transformed_keypoints' not in LetterboxAffine((128, 64)).transform(results)
    with pytest.raises(ValueError, match='rotate_factor=0'):
        LetterboxAffine((128, 64)).transform({**results, 'bbox_rotation': np.array([3.0])})
