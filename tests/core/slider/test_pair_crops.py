import numpy as np
import pytest
from helpers.slider_maps import SQUARE, noise_image

from pfld_mm.core.slider.pair_crops import crop_pair, crop_pairs, pair_corners


def test_corners_are_whole_pixels_in_one_row():
    assert pair_corners(63.0, 363.4, 82.0, 160) == (-17, 2, 283, 2)
    assert pair_corners(63.0, 363.4, 82.0, 96) == (15, 34, 315, 34)


@pytest.mark.parametrize(
    'place', [(63.0, 363.0, 18.0), (-500.0, 700.0, 900.0), (5.0, 508.0, 250.0)]
)
def test_crops_are_the_image_and_black_beyond_it(place):
    image = noise_image()
    corners = pair_corners(*place, SQUARE)
    canvas = np.zeros((3000, 3000, 3), np.uint8)
    canvas[1000 : 1000 + image.shape[0], 1000 : 1000 + image.shape[1]] = image[..., :3]
    found = crop_pair(image, corners, SQUARE)
    assert found.shape == (6, SQUARE, SQUARE)
    for part, (left, top) in ((found[:3], corners[:2]), (found[3:], corners[2:])):
        expected = canvas[1000 + top :, 1000 + left :][:SQUARE, :SQUARE]
        np.testing.assert_array_equal(part.transpose(1, 2, 0), expected)


def test_many_pairs_are_floats():
    corners = [pair_corners(63.0, 363.0, 18.0, 64), pair_corners(50.0, 300.0, 80.0, 64)]
    found = crop_pairs(noise_image(), corners, 64)
    assert found.shape == (2, 6, 64, 64) and found.dtype == np.float32
    np.testing.assert_array_equal(found[1] * 255, crop_pair(noise_image(), corners[1], 64))
