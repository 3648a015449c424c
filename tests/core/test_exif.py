import numpy as np
import pytest
from helpers.stored_images import AVIF, RGB, difference, stored, tiff_block
from PIL import Image

from pfld_mm.core.exif import exif_orientation, turn_upright
from pfld_mm.core.image import decode_image

STORED = {
    1: None,
    2: Image.FLIP_LEFT_RIGHT,
    3: Image.ROTATE_180,
    4: Image.FLIP_TOP_BOTTOM,
    5: Image.TRANSPOSE,
    6: Image.ROTATE_90,
    7: Image.TRANSVERSE,
    8: Image.ROTATE_270,
}


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'WEBP', AVIF])
def test_every_kind_is_turned_by_its_exif_block(kind, orientation):
    exif = Image.Exif()
    exif[0x112] = orientation
    way = STORED[orientation]
    data = stored(kind, RGB if way is None else RGB.transpose(way), exif=exif)
    assert difference(decode_image(data, 'photo')) < 2.5


@pytest.mark.parametrize('orientation', range(1, 9))
def test_pixels_are_those_of_pillow(orientation):
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    way = STORED[orientation]
    turned = Image.fromarray(image) if way is None else Image.fromarray(image).transpose(way)
    upright = turn_upright(np.asarray(turned), orientation)
    np.testing.assert_array_equal(upright, image)
    assert upright.flags['C_CONTIGUOUS']


@pytest.mark.parametrize('order', ['little', 'big'])
@pytest.mark.parametrize(('value', 'expected'), [*((i, i) for i in range(1, 9)), (0, 1), (9, 1)])
def test_orientation_of_either_byte_order(order, value, expected):
    assert exif_orientation(tiff_block(order, value)) == expected


@pytest.mark.parametrize('length', range(len(tiff_block('big', 6)) - 2))
def test_a_block_that_breaks_off_is_upright_or_read(length):
    assert exif_orientation(tiff_block('big', 6)[:length]) in (1, 6)


def test_a_block_without_orientation_is_upright():
    assert exif_orientation(b'MM\0\x2a' + (8).to_bytes(4, 'big') + bytes(30)) == 1
    assert exif_orientation(b'') == 1
