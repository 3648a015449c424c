from functools import lru_cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pfld_mm.compat  # noqa: F401

# isort: split
from mmpose.structures.bbox import get_warp_matrix

from pfld_mm.core.crop import crop, crop_matrix

SIZE = (112, 112)


@lru_cache
def smooth_image(width: int, height: int) -> np.ndarray:
    """(H, W, 3) uint8 without detail finer than about 40 pixels."""
    noise = np.random.default_rng(0).normal(size=(height, width, 3))
    smooth = cv2.GaussianBlur(noise, (0, 0), 14)
    return np.uint8(np.clip(128 + smooth / smooth.std() * 40, 0, 255))


@settings(deadline=None)
@given(
    center=st.tuples(st.floats(-100, 2000), st.floats(-100, 2000)),
    side=st.floats(20, 2000),
    rotation=st.floats(-180, 180),
    size=st.sampled_from([(112, 112), (96, 128), (160, 96)]),
)
def test_matrix_equals_mmpose(center, side, rotation, size):
    scale = np.array([side, side * size[1] / size[0]])
    ours = crop_matrix(center, scale, rotation, size)
    theirs = get_warp_matrix(np.array(center), scale, rotation, size)
    # Compared on points of the box; MMPose solves for the matrix from float32 points.
    points = np.array(center) + np.array([[0, 0], [-0.5, -0.5], [0.5, 0.3]]) * side
    points = np.column_stack([points, np.ones(3)])
    np.testing.assert_allclose(points @ ours.T, points @ theirs.T, atol=0.02)


def test_matrix_by_hand():
    matrix = crop_matrix((100, 50), (224, 224), 90, SIZE)
    # The box is turned by 90 degrees (y down): what lies below the center is shown at its right.
    np.testing.assert_allclose(matrix @ [100, 50, 1], [56, 56], atol=1e-12)
    np.testing.assert_allclose(matrix @ [100, 150, 1], [106, 56], atol=1e-12)


@pytest.mark.parametrize(
    'box',
    [
        ((0, 0), (0, 10), 0),
        ((0, 0), (10, -1), 0),
        ((np.nan, 0), (9, 9), 0),
        ((0, 0), (9, 9), np.inf),
    ],
)
def test_impossible_box_is_named(box):
    with pytest.raises(ValueError, match='width and height must be positive'):
        crop_matrix(*box, SIZE)


@pytest.mark.parametrize('rotation', [0, 33])
@pytest.mark.parametrize('center', [(150, 120), (10, 20), (290, 200), (-500, 90)])
def test_without_reduction_equals_a_plain_warp(center, rotation):
    image = np.random.default_rng(1).integers(0, 256, (240, 300, 3), np.uint8)
    for side in (60, 112, 200):
        matrix = crop_matrix(center, (side, side), rotation, SIZE)
        plain = cv2.warpAffine(image, matrix, SIZE, flags=cv2.INTER_LINEAR)
        difference = np.abs(crop(image, matrix, SIZE).astype(int) - plain)
        # OpenCV rounds source coordinates to 1/32 px; the cut region shifts that rounding.
        assert difference.max() <= 10 and difference.mean() < 0.6


@settings(deadline=None, max_examples=40)
@given(
    x=st.floats(380, 620), y=st.floats(380, 620), side=st.floats(225, 700),
    rotation=st.floats(-180, 180),
)  # fmt: skip
def test_reduction_does_not_shift(x, y, side, rotation):
    """On an image without fine detail averaging first gives what sampling gives, in place."""
    image = smooth_image(1001, 999)
    matrix = crop_matrix((x, y), (side, side), rotation, SIZE)
    plain = cv2.warpAffine(image, matrix, SIZE, flags=cv2.INTER_LINEAR)
    reduced = crop(image, matrix, SIZE)
    difference = np.abs(reduced.astype(int) - plain)
    shifted = np.abs(reduced[:, :-1].astype(int) - plain[:, 1:])
    assert difference.mean() < 2 and difference.mean() < 0.35 * shifted.mean()


def test_reduction_averages_every_pixel_once():
    image = np.random.default_rng(2).integers(0, 256, (448, 448, 3), np.uint8)
    # Center of the crop's pixel j is coordinate j, of a mean of 4 pixels 4 j + 1.5.
    matrix = np.array([[0.25, 0, -0.375], [0, 0.25, -0.375]])
    means = image.reshape(112, 4, 112, 4, 3).mean((1, 3))
    assert np.abs(crop(image, matrix, SIZE) - means).max() <= 0.5


def test_fine_stripes_do_not_alias():
    image = np.zeros((600, 600, 3), np.uint8)
    image[:, ::2] = 255
    matrix = crop_matrix((300, 300), (470, 470), 0, SIZE)
    assert cv2.warpAffine(image, matrix, SIZE).std() > 20
    assert crop(image, matrix, SIZE).std() < 1


def test_border_is_black_and_partial_cells_fade():
    image = np.full((203, 203, 3), 200, np.uint8)
    matrix = crop_matrix((203, 203), (448, 448), 0, SIZE)
    result = crop(image, matrix, SIZE)
    assert (result[60:] == 0).all() and (result[:, 60:] == 0).all()
    assert (result[8:54, 8:54] == 200).all()
    np.testing.assert_allclose(result[30].mean(-1).sum() / 200, 203 / 4, atol=1.0)


def test_far_outside_is_black():
    matrix = crop_matrix((5000, 5000), (448, 448), 12, SIZE)
    assert not crop(np.full((99, 99, 3), 9, np.uint8), matrix, SIZE).any()


def test_mirrored_view_is_read_without_a_copy_of_the_whole():
    image = np.random.default_rng(3).integers(0, 256, (300, 400, 3), np.uint8)
    matrix = crop_matrix((200, 100), (240, 240), 20, (96, 112))
    mirrored = image[:, ::-1]
    assert mirrored.strides[1] < 0
    result = crop(mirrored, matrix, (96, 112))
    np.testing.assert_array_equal(result, crop(mirrored.copy(), matrix, (96, 112)))
    assert result.shape == (112, 96, 3) and result.flags['C_CONTIGUOUS']
