import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from helpers.stored_images import AVIF, BGR, KINDS, RGB, difference, stored, tiff_block
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pfld_mm.core.image import as_bgr, decode_image, is_image, read_image


@pytest.mark.parametrize(
    ('mode', 'kind'),
    [('L', 'PNG'), ('LA', 'PNG'), ('RGBA', 'PNG'), ('P', 'PNG'), ('1', 'PNG'), ('CMYK', 'JPEG')],
)
def test_modes(mode, kind):
    image = RGB.convert(mode)
    wanted = np.asarray(image.convert('RGB'))[..., ::-1].astype(np.uint8)
    limit = 3 if mode == 'CMYK' else 0
    assert difference(decode_image(stored(kind, image), 'photo'), wanted) <= limit
    assert difference(as_bgr(image), wanted) == 0


def test_sixteen_bits_and_animations():
    data = cv2.imencode('.png', BGR.astype(np.uint16) * 257)[1].tobytes()
    assert difference(decode_image(data, 'photo')) == 0
    gray = Image.fromarray(BGR[..., 0].astype(np.uint16) * 257)
    gray_bgr = np.repeat(BGR[..., :1], 3, axis=2)
    for data in (stored('PNG', gray), stored('TIFF', gray)):
        assert difference(decode_image(data, 'photo'), gray_bgr) == 0
    assert difference(as_bgr(gray), gray_bgr) == 0
    black = Image.new('RGB', RGB.size)
    for kind in ('GIF', 'WEBP', 'PNG', 'TIFF'):
        data = stored(kind, save_all=True, append_images=[black])
        assert difference(decode_image(data, 'photo')) < 2.5


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'WEBP', 'BMP', 'GIF'])
def test_bytes_after_the_end_do_no_harm(kind):
    data = stored(kind)
    for more in (bytes(64), b'text', data):
        np.testing.assert_array_equal(decode_image(data + more, 'a'), decode_image(data, 'a'))


@pytest.mark.parametrize('kind', [*KINDS, AVIF])
@pytest.mark.parametrize('part', [0.2, 0.6, 0.95])
def test_a_truncated_file_is_refused_by_name(kind, part):
    data = stored(kind)
    with pytest.raises(ValueError, match=r'^photo\.x: .*; restore the file'):
        decode_image(data[: int(part * len(data))], 'photo.x')


def test_a_png_without_its_end_is_truncated():
    data = stored('PNG')
    for cut in (1, 4, 12, 13, len(data) - 20):
        with pytest.raises(ValueError, match='truncated'):
            decode_image(data[:-cut], 'a')


@pytest.mark.parametrize('options', [{}, dict(big_tiff=True), dict(compression='tiff_lzw')])
def test_tiff(options):
    assert difference(decode_image(stored('TIFF', **options), 'a')) == 0


def bomb(width, height):
    """A small PNG that declares a large size."""
    head = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    chunks = [(b'IHDR', head), (b'IDAT', zlib.compress(bytes(99))), (b'IEND', b'')]
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(body)) + name + body + struct.pack('>I', zlib.crc32(name + body))
        for name, body in chunks
    )


def bmp(width, height):
    return b'BM' + bytes(12) + struct.pack('<Iii', 40, width, height) + bytes(60)


@pytest.mark.parametrize(
    'data',
    [
        bomb(12000, 12000),
        bomb(2**31 - 1, 2**31 - 1),
        bmp(60000, -60000),
        b'GIF89a' + struct.pack('<HH', 65535, 65535) + bytes(99),
        b'P6 99999 99999 255 ' + bytes(99),
        stored('JPEG').replace(struct.pack('>HH', 40, 60), struct.pack('>HH', 40000, 60000), 1),
        stored('WEBP', lossless=True)[:21] + b'\xff' * 4 + bytes(99),
    ],
    ids=['png', 'png31', 'bmp', 'gif', 'pnm', 'jpeg', 'webp'],
)
def test_declared_sizes_are_bounded(tmp_path, data):
    path = tmp_path / 'large.png'
    path.write_bytes(data)
    with pytest.raises(
        ValueError, match=r'large\.png: .* x \d+ pixels.*limit of 120,000,000.*max_'
    ):
        read_image(path)


def test_the_limit_is_an_option():
    for kind in KINDS:
        data = stored(kind)
        assert decode_image(data, 'a', max_pixels=2400).shape == BGR.shape
        with pytest.raises(ValueError, match=r'60 x 40 pixels.*--max-pixels'):
            decode_image(data, 'a', max_pixels=2399)
    assert decode_image(stored('JPEG'), 'a', max_pixels=600, reduction=2).shape == (20, 30, 3)


def test_what_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'none\.png: .*does not exist'):
        read_image(tmp_path / 'none.png')
    with pytest.raises(IsADirectoryError, match='found a folder'):
        read_image(tmp_path)
    (tmp_path / 'empty.jpg').write_bytes(b'')
    (tmp_path / 'page.jpg').write_text('<html>')
    for name, found in [('empty.jpg', '0 bytes'), ('page.jpg', 'other bytes .*<html>')]:
        with pytest.raises(ValueError, match=rf'{name}: expected an image .*found {found}'):
            read_image(tmp_path / name)
        assert not is_image(tmp_path / name)
    assert not is_image(tmp_path) and not is_image(tmp_path / 'none.png')
    if hasattr(os, 'mkfifo'):
        os.mkfifo(tmp_path / 'pipe.png')
        with pytest.raises(OSError, match='a pipe or a device'):
            read_image(tmp_path / 'pipe.png')


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(KINDS), st.data())
def test_damaged_files_are_an_image_or_one_sentence(kind, data):
    image = bytearray(stored(kind))
    for _ in range(data.draw(st.integers(1, 4))):
        image[data.draw(st.integers(0, len(image) - 1))] = data.draw(st.integers(0, 255))
    image = bytes(image[: data.draw(st.integers(0, len(image)))])
    try:
        assert decode_image(image, 'photo', max_pixels=10**6).ndim == 3
    except ValueError as error:
        assert str(error).startswith('photo: ') and '\n' not in str(error)


@pytest.mark.parametrize(
    ('data', 'kind'),
    [
        (b'#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y  30000  +X  30000\n', 'HDR'),
        (b'P6\n#' + b'x' * 5000 + b'\n30000 30000 255\n', 'PNM'),
        (tiff_block('little', 1), 'TIFF'),
    ],
)
def test_a_header_without_a_size_is_refused(data, kind):
    with pytest.raises(ValueError, match=f'photo: its {kind} header does not say how large'):
        decode_image(data, 'photo')


def test_a_hidden_size_is_seen_before_it_is_decoded():
    data = stored('JPEG').replace(struct.pack('>HH', 40, 60), struct.pack('>HH', 30000, 30000), 1)
    tables = data.index(b'\xff\xdb')
    with pytest.raises(ValueError, match='photo: the image has 30000 x 30000 pixels, more than'):
        decode_image(data[:tables] + b'\xff\xd0' + data[tables:], 'photo')
