import time

import pytest
from helpers.label_files import WRITERS, draw_plates

from pfld_mm.datasets.readers.yolo_pose import read_yolo_pose


def spoil(tmp_path, old='', new=''):
    path = WRITERS['yolo'](draw_plates(tmp_path / 'set', 4))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


BOMB = 'a: &a [lol, lol]\n' + ''.join(
    f'{chr(b)}: &{chr(b)} [{", ".join(f"*{chr(b - 1)}" for _ in range(9))}]\n'
    for b in range(ord('b'), ord('j'))
)
"""9**8 texts, as an alias of an alias."""


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('[5, 3]', '[5.9, 3]', r"kpt_shape: expected whole numbers, found \['5\.9', '3'\]"),
        ('[5, 3]', '"53"', "kpt_shape: expected 2 finite numbers, .* found '53'"),
        ('[5, 3]', '[5_0, 3]', 'kpt_shape: expected 2 finite numbers'),
        ('[5, 3]', f'[{"1" * 5000}, 3]', 'kpt_shape: expected 2 finite numbers'),
        ('kpt_shape: [5, 3]', BOMB + 'kpt_shape: *i', 'kpt_shape: expected 2 finite numbers'),
        ('train: images', BOMB + 'train: *i', 'expected names of folders, found'),
        ('path: .', BOMB + 'path: *i', "key 'path': expected a folder, found"),
        ('[top_left', '[*i, top_left', 'kpt_names: expected a list of names'),
        ('[1, 0, 3, 2, 4]', '[1.5, 0, 3, 2, 4]', 'flip_idx: expected whole numbers'),
        ('path: .', 'path: ' + '[' * 5000, 'expected YAML, but'),
        ('path: .', '? [a]\n: b', 'expected YAML, but'),
    ],
)
def test_malformed_keys_are_named(tmp_path, old, new, message):
    if '*i, ' in new:
        new, old = new, old
        path = spoil(tmp_path, 'path: .', BOMB + 'path: .')
        path.write_text(path.read_text().replace(old, new))
    else:
        path = spoil(tmp_path, old, new)
    start = time.process_time()
    with pytest.raises(ValueError, match=r'plates\.yaml(:|, ).*' + message) as error:
        read_yolo_pose(path, path.parent)
    assert time.process_time() - start < 3 and len(str(error.value)) < 600


@pytest.mark.parametrize('line', ['created: 2020-13-45', 'test:', 'test: null', 'kpt_oks: ~'])
def test_other_keys_may_hold_anything(tmp_path, line):
    path = spoil(tmp_path, 'path: .', 'path: .\n' + line)
    assert len(read_yolo_pose(path, path.parent).objects) == 4


@pytest.mark.parametrize('value', ['4_0', '٤', '9' * 400])
def test_malformed_numbers_are_named(tmp_path, value):
    path = spoil(tmp_path)
    file = path.parent / 'labels' / 'plate_1.txt'
    file.write_text(f'\n{value} {file.read_text().partition(" ")[2]}')
    with pytest.raises(ValueError, match=r'plate_1\.txt:2: expected 20 finite numbers'):
        read_yolo_pose(path, path.parent)


def test_labels_of_two_images_are_left_out(tmp_path):
    path = spoil(tmp_path)
    (path.parent / 'images' / 'plate_1.jpg').write_bytes(b'')
    labels = read_yolo_pose(path, path.parent)
    assert len(labels.objects) == 3
    assert all('plate_1.txt is of another image too' in reason for reason in labels.left_out)


@pytest.mark.parametrize('name', ['parts', 'parts.txt'])
def test_parts_that_are_links_out_of_the_folder_are_named(tmp_path, name):
    path = spoil(tmp_path, 'train: images', f'train: {name}')
    (tmp_path / 'secret.txt').write_text('secret')
    (path.parent / name).symlink_to(tmp_path / ('secret.txt' if '.' in name else ''))
    with pytest.raises(ValueError, match=r'parts(\.txt)?. is a link out of .* --images'):
        read_yolo_pose(path, path.parent)


def test_a_name_that_is_too_long_is_left_out(tmp_path):
    path = spoil(tmp_path, 'train: images\nval: images', 'train: train.txt')
    (path.parent / 'train.txt').write_text(f'images/plate_0.png\n{"x" * 4000}.png\n')
    labels = read_yolo_pose(path, path.parent)
    assert len(labels.objects) == 1 and len(labels.left_out[0]) < 300


@pytest.mark.parametrize('name', ['labels/plate_1.txt', 'images/plate_1.png'])
def test_links_out_of_the_folder_are_left_out(tmp_path, name):
    path = spoil(tmp_path)
    file = path.parent / name
    file.rename(tmp_path / 'secret')
    file.symlink_to(tmp_path / 'secret')
    labels = read_yolo_pose(path, path.parent)
    assert len(labels.objects) == 3 and f'{file}: a link out of' in labels.left_out[0]
    assert len(read_yolo_pose(path, tmp_path).objects) == 4
