import io
import sys

import numpy as np
import pytest
from helpers.stored_images import BGR, RGB, difference, needs_avif, stored
from PIL import Image

from pfld_mm.core.image import as_bgr, decode_image
from pfld_mm.core.pillow_image import decode_with_pillow, is_pillow_image


@needs_avif
def test_what_needs_pillow_says_so(monkeypatch):
    data = stored('AVIF')
    monkeypatch.setitem(sys.modules, 'PIL', None)
    with pytest.raises(ImportError, match=r'photo: .*AVIF.*pip install "pillow>=11.3"'):
        decode_image(data, 'photo')
    with pytest.raises(ValueError, match=r'HEIF that OpenCV cannot decode.*convert it'):
        decode_image(b'\0\0\0\x18ftypheic' + bytes(99), 'photo')


def test_pil_images_are_not_taken_for_arrays():
    assert difference(as_bgr(RGB)) == 0
    opened = Image.open(io.BytesIO(stored('PNG')))
    assert type(opened) is not type(RGB) and difference(as_bgr(opened)) == 0
    assert difference(as_bgr(RGB.convert('HSV'))) < 4
    gray = np.asarray(RGB.convert('L'), np.float32) / 255
    assert difference(as_bgr(Image.fromarray(gray)), as_bgr(gray)) == 0
    with pytest.raises(ValueError, match=r'mode I within 0..65535, found -1..-1'):
        as_bgr(Image.new('I', (4, 4), -1))
    with pytest.raises(ValueError, match='no pixels'):
        as_bgr(Image.new('RGB', (0, 4)))
    assert not is_pillow_image(BGR)


@pytest.mark.parametrize('kind', ['TIFF', 'GIF'])
def test_decodes_and_turns_what_opencv_may_not(kind):
    found = decode_with_pillow(stored(kind), kind, 'photo', 2400)
    assert difference(found) < 2.5
    turned = Image.Exif()
    turned[0x112] = 6
    if kind == 'TIFF':
        data = stored(kind, RGB.transpose(Image.ROTATE_90), exif=turned)
        assert difference(decode_with_pillow(data, kind, 'photo', 2400)) == 0


@pytest.mark.parametrize('factor', [1, 257])
def test_sixteen_bits_lose_the_lower_eight(factor):
    gray = BGR[..., 0].astype(np.uint16) * factor
    found = decode_with_pillow(stored('TIFF', Image.fromarray(gray)), 'TIFF', 'photo', 2400)
    np.testing.assert_array_equal(found, np.repeat((gray >> 8)[..., None], 3, axis=2))


def test_large_and_damaged_files_are_named():
    with pytest.raises(ValueError, match=r'photo: the image has 60 x 40 pixels.*limit of 2,399'):
        decode_with_pillow(stored('GIF'), 'GIF', 'photo', 2399)
    with pytest.raises(ValueError, match=r'photo: .* found 12 bytes of GIF that Pillow cannot'):
        decode_with_pillow(stored('GIF')[:12], 'GIF', 'photo', 2400)


def test_float_tiff_lies_in_0_to_1():
    gray = BGR[..., 0]
    found = decode_image(stored('TIFF', Image.fromarray(gray / np.float32(255))), 'photo')
    np.testing.assert_array_equal(found, np.repeat(gray[..., None], 3, axis=2))
    for bad in (gray.astype(np.float32), np.full((4, 4), np.nan, np.float32)):
        with pytest.raises(ValueError, match=r'photo: a float image must lie in 0..1, found'):
            decode_image(stored('TIFF', Image.fromarray(bad)), 'photo')
    with pytest.raises(ValueError, match=r'photo: its pixels are integers of 32 bits'):
        decode_image(stored('TIFF', Image.fromarray(gray.astype(np.int32))), 'photo')


@pytest.mark.parametrize('kind', ['TIFF', 'PNG', 'WEBP'])
def test_alpha_is_dropped_and_not_blended(kind):
    image = RGB.convert('RGBA')
    image.putalpha(60)
    options = dict(lossless=True, exact=True) if kind == 'WEBP' else {}
    assert difference(decode_image(stored(kind, image, **options), 'photo')) == 0
