import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pfld_mm.core.image import as_bgr

BGR = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)


def test_bgr_is_not_copied():
    assert np.shares_memory(as_bgr(BGR), BGR)
    read_only = BGR[:, ::-1]
    read_only.setflags(write=False)
    assert np.shares_memory(as_bgr(read_only), BGR)


def test_alpha_is_dropped():
    np.testing.assert_array_equal(as_bgr(cv2.cvtColor(BGR, cv2.COLOR_BGR2BGRA)), BGR)


@pytest.mark.parametrize('shape', [(30, 40), (30, 40, 1)])
def test_gray_becomes_three_equal_channels(shape):
    gray = BGR[..., 0].reshape(shape)
    result = as_bgr(gray)
    assert result.shape == (30, 40, 3) and result.dtype == np.uint8
    np.testing.assert_array_equal(result, np.dstack([BGR[..., 0]] * 3))


@pytest.mark.parametrize('dtype', ['<u2', '>u2'])
def test_sixteen_bits(dtype):
    np.testing.assert_array_equal(as_bgr((BGR.astype(np.uint32) * 257).astype(dtype)), BGR)


@pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64])
def test_floats(dtype):
    np.testing.assert_array_equal(as_bgr((BGR / 255).astype(dtype)), BGR)


@pytest.mark.parametrize(
    ('image', 'message'),
    [
        (None, 'None: cv2.imread'),
        (np.zeros((0, 0, 3), np.uint8), r'no pixels.*\(0, 0, 3\)'),
        (np.zeros((5, 0), np.uint8), 'no pixels'),
        (np.zeros((3, 30, 40), np.uint8), r'expected an image of shape.*\(3, 30, 40\)'),
        (np.zeros((30, 40, 2), np.uint8), 'expected an image of shape'),
        (np.zeros(7, np.uint8), 'expected an image of shape'),
        (BGR.astype(np.float32), r'0\.\.1, found 0\.\.255'),
        (BGR / 255 - 0.1, r'0\.\.1'),
        (np.full((4, 4), np.nan), 'nan'),
        (BGR.astype(np.int64), 'found int64'),
        (BGR > 9, 'found bool'),
        (np.zeros((4, 4), complex), 'found complex'),
        (np.array([['a']]), 'found <U1'),
    ],
)
def test_what_would_have_to_be_guessed_is_refused(image, message):
    with pytest.raises(ValueError, match=message):
        as_bgr(image)


@settings(deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.uint16, np.float32, np.float64, np.int32, np.bool_]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    )
)
def test_anything_becomes_bgr_or_a_value_error(image):
    try:
        result = as_bgr(image)
    except ValueError:
        return
    assert result.shape == (*image.shape[:2], 3) and result.dtype == np.uint8 and result.size


@pytest.mark.parametrize('image', ['a.jpg', Path('a.jpg'), b'\xff\xd8', io.BytesIO(b'\xff\xd8')])
def test_a_file_is_no_image_and_the_cure_is_told(image):
    with pytest.raises(ValueError, match=r'expected the pixels of an image.*cv2\.imread'):
        as_bgr(image)
