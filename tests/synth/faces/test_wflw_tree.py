import json

import cv2
import numpy as np
import pytest

from pfld_mm.synth.faces import __main__ as faces
from pfld_mm.synth.faces.contact_sheet import contact_sheet
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face
from pfld_mm.synth.faces.wflw_tree import image_name, wflw_line, write_wflw_tree

LISTS = 'WFLW_annotations/list_98pt_rect_attr_train_test'


def tree_bytes(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file()
    }


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    return write_wflw_tree(tmp_path_factory.mktemp('faces') / 'wflw', 7, 3, seed=5)


def test_tree_is_the_same_bytes_with_any_number_of_workers(tree, tmp_path):
    again = write_wflw_tree(tmp_path / 'again', 7, 3, seed=5, workers=2)
    assert tree_bytes(again) == tree_bytes(tree)
    other = write_wflw_tree(tmp_path / 'other', 1, 0, seed=6)
    name = f'WFLW_images/{image_name("train", 0)}'
    assert tree_bytes(other)[name] != tree_bytes(tree)[name]


def test_a_image_does_not_depend_on_the_number_of_images(tree, tmp_path):
    fewer = tree_bytes(write_wflw_tree(tmp_path / 'fewer', 2, 1, seed=5))
    more = tree_bytes(tree)
    for split, index in (('train', 0), ('train', 1), ('test', 0)):
        name = f'WFLW_images/{image_name(split, index)}'
        assert fewer[name] == more[name]


@pytest.mark.parametrize(('split', 'count'), [('train', 7), ('test', 3)])
def test_lines_have_the_form_of_wflw(tree, split, count):
    lines = (tree / LISTS / f'list_98pt_rect_attr_{split}.txt').read_text().splitlines()
    euler = np.loadtxt(tree / f'euler_{split}.txt', ndmin=2)
    assert len(lines) == count and euler.shape == (count, 3)
    for index, line in enumerate(lines):
        fields = line.split(' ')
        assert len(fields) == 196 + 4 + 6 + 1
        params = sample_face(5, split, index)
        image, points = render_face(params)
        np.testing.assert_allclose(np.array(fields[:196], float).reshape(98, 2), points, atol=1e-6)
        x_min, y_min, x_max, y_max = map(int, fields[196:200])
        assert (points.min(axis=0) - (x_min, y_min) >= 0).all()
        assert ((x_max, y_max) - points.max(axis=0) >= 0).all()
        assert tuple(map(int, fields[200:206])) == params.attributes
        np.testing.assert_allclose(euler[index], params.euler, atol=1e-8)
        stored = cv2.imread(str(tree / 'WFLW_images' / fields[206]))
        assert np.abs(stored.astype(int) - image).mean() < 6  # JPEG


def test_line_of_one_face():
    points = np.arange(196, dtype=float).reshape(98, 2) + 0.25
    line = wflw_line(points, (0, 1, 0, 0, 0, 1), 'a/b.jpg')
    assert line.startswith('0.250000 1.250000 2.250000 ')
    assert line.endswith(' 195.250000 0 1 195 196 0 1 0 0 0 1 a/b.jpg')


def test_same_request_is_skipped(tree):
    image = tree / 'WFLW_images' / image_name('train', 0)
    before = image.stat().st_mtime_ns
    write_wflw_tree(tree, 7, 3, seed=5)
    assert image.stat().st_mtime_ns == before


def test_interrupted_run_is_taken_up_again(tree, tmp_path):
    out = write_wflw_tree(tmp_path / 'cut', 2, 1, seed=5)
    whole = tree_bytes(out)
    (out / 'manifest.json').rename(out / 'manifest.unfinished.json')
    (out / 'WFLW_images' / image_name('train', 1)).unlink()
    assert tree_bytes(write_wflw_tree(out, 2, 1, seed=5)) == whole


@pytest.mark.parametrize('change', [{'num_train': 8}, {'num_test': 4}, {'seed': 6}])
def test_another_request_in_the_same_folder_is_refused(tree, change):
    before = tree_bytes(tree)
    with pytest.raises(FileExistsError, match='another request'):
        write_wflw_tree(tree, **{'num_train': 7, 'num_test': 3, 'seed': 5, **change})
    assert tree_bytes(tree) == before


def test_folder_of_somebody_else_is_not_touched(tmp_path):
    (tmp_path / 'thesis.txt').write_text('mine')
    with pytest.raises(FileExistsError, match='Nothing was touched'):
        write_wflw_tree(tmp_path, 1, 1)
    (tmp_path / 'manifest.json').write_text('{broken')
    with pytest.raises(FileExistsError, match='broken'):
        write_wflw_tree(tmp_path, 1, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['manifest.json', 'thesis.txt']


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / 'out').write_text('')
    with pytest.raises(FileExistsError, match='out'):
        write_wflw_tree(tmp_path / 'out', 1, 1)


def test_negative_numbers_are_refused(tmp_path):
    with pytest.raises(ValueError, match='negative'):
        write_wflw_tree(tmp_path / 'out', -1, 1)
    assert not (tmp_path / 'out').exists()


def test_command_line(tmp_path, capsys):
    out = tmp_path / 'out'
    assert faces.main([str(out), '--train', '2', '--test', '0', '--seed', '1']) == 0
    assert json.loads((out / 'manifest.json').read_text())['train'] == 2
    assert faces.main([str(out), '--train', '3', '--test', '0', '--seed', '1']) == 1
    assert 'another request' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        faces.main([])


def test_contact_sheet(tmp_path):
    sheet = contact_sheet(rows=1, columns=2)
    bare = contact_sheet(rows=1, columns=2, points=False)
    assert sheet.shape == bare.shape == (256, 512, 3)
    assert ((sheet == (0, 255, 0)).all(axis=2)).sum() > 98
    image, _ = render_face(sample_face(0, 'train', 0))
    np.testing.assert_array_equal(bare[:, :256], image)


def test_openness_lines_belong_to_the_lists(tmp_path):
    out = write_wflw_tree(tmp_path / 'tree', 4, 0, seed=2, closed_ratio=1.0)
    openness = np.loadtxt(out / 'openness_train.txt')
    for index, pair in enumerate(openness):
        face = sample_face(2, 'train', index, closed_ratio=1.0)
        np.testing.assert_allclose(pair, 1 - np.array(face.expression.eye_closures), atol=1e-6)
