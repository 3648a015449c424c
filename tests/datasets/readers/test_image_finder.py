import os

import pytest

from pfld_mm.datasets.readers.image_finder import ImageFinder, ListedImage


def find(folder, *names, near=None):
    """What is found for each name, below the folder."""
    listed = [name if isinstance(name, ListedImage) else ListedImage(name, near) for name in names]
    finder = ImageFinder(folder, listed)
    return [
        found if isinstance(found, str) else found.relative_to(folder).as_posix()
        for found in map(finder.find, listed)
    ]


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b'')


def test_names_that_are_found(tmp_path):
    write(tmp_path, 'b/0.png', 'images/1.png', 'c d/2.JPG')
    assert find(tmp_path, 'b/0.png', './b//0.png', 'b\\0.png') == ['b/0.png'] * 3
    assert find(tmp_path, '1.png') == find(tmp_path, '/elsewhere/1.png') == ['images/1.png']
    assert find(tmp_path, 'C:\\x\\2.JPG', '../../0.png') == ['c d/2.JPG', 'b/0.png']
    assert find(tmp_path, ListedImage('x-1.png', other='1.png')) == ['images/1.png']


@pytest.mark.parametrize(
    'name', ['', '.', '..', '/', 'a\0.png', 'x' * 4000 + '.png', 'a/\ud800.png']
)
def test_names_that_are_none(tmp_path, name):
    write(tmp_path, 'a/0.png')
    (found,) = find(tmp_path, name)
    assert found.startswith('its image ') and 'is not below' in found and len(found) < 300
    found.encode()


def test_a_file_is_the_image_of_one_name(tmp_path):
    write(tmp_path, 'b/0.png', 'b/1.png')
    lost, kept = find(tmp_path, 'a/0.png', 'b/0.png')
    assert kept == 'b/0.png' and "'a/0.png' is not below" in lost and 'listed as' in lost
    for found in find(tmp_path, 'x/1.png', 'C:\\y\\1.png'):
        assert 'with this path' in found
    assert find(tmp_path, 'x/1.png', 'x/1.png', 'x\\1.png') == ['b/1.png'] * 3


def test_two_uploads_of_one_name_have_no_image(tmp_path):
    write(tmp_path, '0.png')
    names = [ListedImage(f'{i}{i}-0.png', other='0.png') for i in range(2)]
    assert all('is listed as' in found for found in find(tmp_path, *names))
    assert find(tmp_path, names[0]) == ['0.png']


def test_the_same_name_in_files_of_two_folders(tmp_path):
    write(tmp_path, 'a/0.png', 'b/0.png', 'c/1.png')
    for folder in 'ab':
        assert find(tmp_path, '0.png', near=tmp_path / folder) == [f'{folder}/0.png']
    names = [ListedImage('1.png', tmp_path / folder) for folder in 'ab']
    assert all('is listed as' in found for found in find(tmp_path, *names))
    names = [ListedImage('../c/1.png', tmp_path / folder) for folder in 'ab']
    assert find(tmp_path, *names) == ['c/1.png'] * 2


def test_links_and_pipes(tmp_path):
    root = tmp_path / 'set'
    write(tmp_path, 'secret.png', 'outside/4.png', 'set/0.png')
    (root / '1.png').symlink_to('0.png')
    (root / '2.png').symlink_to(tmp_path / 'secret.png')
    (root / '3.png').symlink_to('3.png')
    (root / 'sub').symlink_to(tmp_path / 'outside')
    os.mkfifo(root / '5.png')
    assert find(root, '1.png') == ['1.png']
    for name in ('2.png', 'sub/4.png', 'x/2.png'):
        (found,) = find(root, name)
        assert f'is a link out of {root}; copy the image' in found and '--images' in found
    assert all('is not below' in found for found in find(root, '3.png', '5.png', 'x/5.png'))
    (tmp_path / 'link').symlink_to(root)
    assert find(tmp_path / 'link', '0.png') == ['0.png']
