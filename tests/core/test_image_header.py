import struct

import pytest
from helpers.stored_images import AVIF, KINDS, RGB, stored, tiff_block
from PIL import Image

from pfld_mm.core.image_header import ImageHeader


@pytest.mark.parametrize('kind', KINDS)
def test_size_and_kind(kind):
    header = ImageHeader.parse(stored(kind))
    names = {'WEBP': 'WebP', 'JPEG2000': 'JPEG 2000', 'PPM': 'PNM'}
    assert header == ImageHeader(names.get(kind, kind), 60, 40)


@pytest.mark.parametrize('kind', [AVIF])
def test_a_header_that_is_not_understood_has_no_size(kind):
    assert ImageHeader.parse(stored(kind)) == ImageHeader('AVIF')


@pytest.mark.parametrize('options', [{}, dict(big_tiff=True), dict(compression='tiff_lzw')])
def test_tiff(options):
    assert ImageHeader.parse(stored('TIFF', **options)) == ImageHeader('TIFF', 60, 40)


def test_alpha_of_tiff():
    assert ImageHeader.parse(stored('TIFF', RGB.convert('RGBA'))).has_alpha
    assert not ImageHeader.parse(stored('TIFF', RGB.convert('CMYK'))).has_alpha


def test_tiff_of_big_endian_bytes():
    assert ImageHeader.parse(tiff_block('big', 1)) == ImageHeader('TIFF', 47, 0)


@pytest.mark.parametrize('kind', ['PNG', 'WEBP'])
@pytest.mark.parametrize('orientation', [1, 6, 8])
def test_orientation(kind, orientation):
    exif = Image.Exif()
    exif[0x112] = orientation
    assert ImageHeader.parse(stored(kind, exif=exif)).orientation == orientation


@pytest.mark.parametrize('options', [dict(lossless=True), dict(quality=50), dict(exif=b'Exif\0\0')])
def test_every_form_of_webp(options):
    header = ImageHeader.parse(stored('WEBP', **options))
    assert (header.kind, header.width, header.height) == ('WebP', 60, 40)


@pytest.mark.parametrize('height', [40, -40])
def test_bitmaps_begin_at_either_end(height):
    data = b'BM' + bytes(12) + struct.pack('<Iii', 40, 60, height) + bytes(60)
    assert ImageHeader.parse(data) == ImageHeader('BMP', 60, 40)
    old = b'BM' + bytes(12) + struct.pack('<IHH', 12, 60, 40) + bytes(60)
    assert ImageHeader.parse(old) == ImageHeader('BMP', 60, 40)


@pytest.mark.parametrize(
    'data', [b'P6 # a comment\n60 40 255 ', b'P7\nWIDTH 60\nHEIGHT 40\nDEPTH 3\nENDHDR\n']
)
def test_sizes_as_text(data):
    assert ImageHeader.parse(data) == ImageHeader('PNM', 60, 40)


def test_radiance():
    data = b'#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 40 +X 60\n'
    assert ImageHeader.parse(data) == ImageHeader('HDR', 60, 40)
    assert ImageHeader.parse(data[:20]) == ImageHeader('HDR')


@pytest.mark.parametrize('kind', ['JPEG', 'PNG'])
def test_the_end_is_looked_for(kind):
    data = stored(kind, RGB)
    assert ImageHeader.parse(data + bytes(64)).complete
    assert not ImageHeader.parse(data[: len(data) - 20]).complete


@pytest.mark.parametrize('kind', ['PNG', 'WEBP', 'BMP', 'TIFF', 'JPEG2000'])
def test_what_ends_within_its_header_is_not_complete(kind):
    header = ImageHeader.parse(stored(kind)[:16])
    assert (header.width, header.height, header.complete) == (0, 0, False)


def test_a_codestream_of_jpeg_2000_has_no_file_around_it():
    file = stored('JPEG2000')
    codestream = file[file.index(b'\xff\x4f\xff\x51') :]
    assert ImageHeader.parse(codestream) == ImageHeader('JPEG 2000', 60, 40)


def test_other_bytes_are_no_image():
    assert ImageHeader.parse(b'') is ImageHeader.parse(b'<html>') is None
