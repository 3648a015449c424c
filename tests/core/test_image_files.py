import pytest
from helpers.stored_images import stored

from pfld_mm.core.image_files import image_files, may_be_image


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'photo.ending').write_bytes(stored('PNG'))
    (tmp_path / 'B.JPEG').write_bytes(stored('JPEG'))
    (tmp_path / 'empty.jpg').write_bytes(b'')
    (tmp_path / 'page.txt').write_text('<html>')
    (tmp_path / 'folder.png').mkdir()
    (tmp_path / 'folder.png' / 'deep.gif').write_bytes(stored('GIF'))
    return tmp_path


def names(paths, folder):
    return [path.relative_to(folder).as_posix() for path in paths]


def test_images_by_content_or_name_sorted(folder):
    assert names(image_files(folder), folder) == ['B.JPEG', 'empty.jpg', 'photo.ending']


def test_recursive_looks_into_folders(folder):
    found = names(image_files(str(folder), recursive=True), folder)
    assert found == ['B.JPEG', 'empty.jpg', 'folder.png/deep.gif', 'photo.ending']


@pytest.mark.parametrize(
    ('name', 'expected'),
    [('photo.ending', True), ('empty.jpg', True), ('page.txt', False), ('folder.png', False),
     ('none.png', False)],
)  # fmt: skip
def test_may_be_image(folder, name, expected):
    assert may_be_image(folder / name) is expected
