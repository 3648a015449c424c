import pytest
from helpers.stored_images import AVIF, BGR, KINDS, difference, stored

from pfld_mm.core.image import is_image, read_image
from pfld_mm.core.image_files import image_files
from pfld_mm.core.image_header import ImageHeader
from pfld_mm.core.image_kind import image_kind


@pytest.mark.parametrize(
    ('start', 'kind'),
    [
        (b'\xff\xd8\xff\xe0', 'JPEG'),
        (b'\x89PNG\r\n\x1a\n', 'PNG'),
        (b'\x89PNG\n\x1a\n', None),  # a transfer as text has changed the line end
        (b'GIF89a', 'GIF'),
        (b'GIF88a', None),
        (b'II*\0', 'TIFF'),
        (b'MM\0+', 'TIFF'),
        (b'II\0*', None),
        (b'BM' + bytes(12) + b'\x28\0\0\0', 'BMP'),
        (b'BM' + bytes(12) + b'\x29\0\0\0', None),
        (b'BMW is a maker of cars', None),
        (b'RIFF\x10\0\0\0WEBP', 'WebP'),
        (b'RIFF\x10\0\0\0WAVE', None),
        (b'\0\0\0\x18ftypavif', 'AVIF'),
        (b'\0\0\0\x18ftypheic', 'HEIF'),
        (b'\0\0\0\x1cftypmif1\0\0\0\0mif1avif', 'AVIF'),
        (b'\0\0\0\x1cftypmiaf\0\0\0\0miafheic', 'HEIF'),
        (b'\0\0\0\x18ftypisom', None),  # a video
        (b'P6 60 40', 'PNM'),
        (b'P6060', None),
        (b'P8 60', None),
        (b'', None),
    ],
)
def test_first_bytes(start, kind):
    assert image_kind(start) == kind
    assert image_kind(start + bytes(9)) == kind


@pytest.mark.parametrize('kind', [*KINDS, AVIF])
def test_kind_is_told_by_content(tmp_path, kind):
    path = tmp_path / 'photo.ending'
    path.write_bytes(stored(kind))
    assert is_image(path) and image_files(tmp_path) == [path]
    assert difference(read_image(path), BGR) < 2.5
    header = ImageHeader.parse(path.read_bytes())
    assert header.kind == image_kind(path.read_bytes()[:32])
