import cv2
import numpy as np
import pytest
from helpers.stored_images import tiff_block
from hypothesis import given, settings
from hypothesis import strategies as st

from pfld_mm.core.jpeg_header import JpegHeader

IMAGE = np.random.default_rng(0).integers(0, 256, (61, 47, 3), np.uint8)


def jpeg(*options: int) -> bytes:
    return cv2.imencode('.jpg', IMAGE, options)[1].tobytes()


@pytest.mark.parametrize('options', [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)])
def test_size_and_end(options):
    data = jpeg(*options)
    assert JpegHeader.parse(data) == JpegHeader(47, 61, turned=False, complete=True)
    assert JpegHeader.parse(data + b'\0' * 500).complete
    assert not JpegHeader.parse(data[:-2]).complete
    assert not JpegHeader.parse(data[:-2] + b'\0' * 500).complete


def test_thumbnail_is_no_end():
    data = jpeg()
    exif = b'Exif\0\0' + data
    block = b'\xff\xe1' + (len(exif) + 2).to_bytes(2, 'big') + exif
    header = JpegHeader.parse(data[:2] + block + data[2:])
    assert header == JpegHeader(47, 61, turned=False, complete=True)
    assert not JpegHeader.parse(data[:2] + block + data[2:-900]).complete


@pytest.mark.parametrize('order', ['little', 'big'])
@pytest.mark.parametrize('orientation', range(1, 9))
def test_orientation_as_opencv_reads_it(order, orientation):
    data = jpeg()
    exif = b'Exif\0\0' + tiff_block(order, orientation) + bytes(4)
    block = b'\xff\xe1' + (len(exif) + 2).to_bytes(2, 'big') + exif
    turned = data[:2] + block + data[2:]
    header = JpegHeader.parse(turned)
    assert (header.width, header.height) == (47, 61)
    decode = [cv2.imdecode(np.frombuffer(d, np.uint8), cv2.IMREAD_COLOR) for d in (data, turned)]
    assert header.turned == (not np.array_equal(*decode))


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_safe(data):
    assert JpegHeader.parse(data) is None or data[:2] == b'\xff\xd8'
    for start in (b'\xff\xd8', b'\xff\xd8\xff\xe1\0\x40Exif\0\0II'):
        JpegHeader.parse(start + data)


@settings(deadline=None)
@given(st.integers(2, 600))
def test_cut_anywhere_is_not_complete(length):
    header = JpegHeader.parse(jpeg()[:length])
    assert header is None or not header.complete


@pytest.mark.parametrize('stray', [b'\xff\xd0', b'\xff\x01', b'\0', b'between', b'\xff' * 999])
def test_what_decoders_pass_over_hides_no_size(stray):
    data = jpeg()
    tables = data.index(b'\xff\xdb')
    header = JpegHeader.parse(data[:tables] + stray + data[tables:])
    assert header == JpegHeader(47, 61, turned=False, complete=True)
