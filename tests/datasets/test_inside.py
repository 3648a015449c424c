"""Names of images in lists: every reader keeps to its folder."""

import json

import cv2
import numpy as np
import pytest
from helpers.label_files import WRITERS, draw_plates

import pfld_mm.register  # noqa: F401
from pfld_mm.core.text import read_text
from pfld_mm.datasets.face.pseudo_label_face import PseudoLabelFace
from pfld_mm.datasets.face.two_markup_face import TwoMarkupFace
from pfld_mm.datasets.face.wflw import WFLW
from pfld_mm.datasets.finder.face_crops import FaceCrops
from pfld_mm.datasets.finder.finder_dataset import FinderDataset
from pfld_mm.datasets.finder.wflw_images import WFLWImages
from pfld_mm.datasets.inside import inside, links_out
from pfld_mm.datasets.readers.formats import read_labels
from pfld_mm.datasets.slider.slider_dataset import SliderDataset

OUT = [
    '../a.jpg',
    'b/../../a.jpg',
    '/etc/passwd',
    '..\\a.jpg',
    'C:\\a.jpg',
    'C:/a.jpg',
    '\\\\pc\\a',
]


@pytest.mark.parametrize('name', [*OUT, '/data2/a.jpg'])
def test_names_that_lead_out(name):
    with pytest.raises(ValueError, match=r'list:3: the image .* is not below data; correct'):
        inside('data', name, 'list:3')
    assert inside('', name, 'list:3') == name


@pytest.mark.parametrize('name', ['a.jpg', 'b/a.jpg', '..a/b..c.jpg', './a.jpg'])
def test_names_below(name):
    assert inside('data', name, 'list:3') == f'data/{name}'


def test_absolute_names_below(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = str(tmp_path / 'data' / 'a.jpg')
    assert inside('data', name, 'list:3') == name
    assert inside(tmp_path, name, 'list:3') == name
    with pytest.raises(ValueError, match='is not below'):
        inside('dat', name, 'list:3')


def test_links_out(tmp_path):
    for folder in 'ab':
        (tmp_path / folder).mkdir()
        (tmp_path / folder / 'real').write_text('')
    (tmp_path / 'a' / 'in').symlink_to('real')
    (tmp_path / 'a' / 'out').symlink_to(tmp_path / 'b')
    (tmp_path / 'a' / 'loop').symlink_to('loop')
    a, b = tmp_path / 'a', tmp_path / 'b'
    assert not any(links_out([a], a / name) for name in ('real', 'in', 'loop', 'nothing'))
    assert links_out([a], a / 'out' / 'real') and links_out([a], b / 'real')
    assert not links_out([a, b], a / 'out' / 'real') and not links_out([a / 'out'], b / 'real')


def test_a_long_name_is_cut():
    with pytest.raises(ValueError) as error:
        inside('data', '../' * 10_000, 'list:3')
    assert len(str(error.value)) < 300


FACE = ' '.join(f'{v:.1f}' for v in np.random.default_rng(0).uniform(20, 90, 196))
WFLW_LINE = FACE + ' 10 10 100 100 0 0 1 0 0 0 {}\n'
FINDER_LINE = '{} 1 2 30 40 0.9 5 0 0 ' + ' '.join(['9'] * 10) + '\n'
SLIDER_LINES = 'image,gap_x,gap_y\n{},1,2\n'


def _any(root, made):
    """A dataset whose folders are given, or with none at all."""
    return {'data_root': str(root)} if made else {'data_root': None}


def _wflw(root, limited):
    prefix = dict(img=str(root)) if limited else dict(img='')
    return WFLW(ann_file=str(root / 'list'), data_prefix=prefix, pipeline=[])


def _pseudo(root, limited, kind=PseudoLabelFace):
    return kind(ann_files=str(root / 'list'), **_any(root, limited), pipeline=[])


def _finder(root, limited, kind=FinderDataset, **options):
    return kind(ann_files=[str(root / 'list')], **_any(root, limited), **options)


def _slider(root, limited):
    prefix = dict(img=str(root)) if limited else dict(img='')
    return SliderDataset(ann_file=str(root / 'list'), data_prefix=prefix, pipeline=[])


def _wflw_images(root, limited):
    folder = '' if not limited else 'images'
    return _finder(root, limited, WFLWImages, image_folder=folder)


LISTS = {
    'wflw': (WFLW_LINE, _wflw),
    'pseudo': (FACE + ' 0.01 0.02 {}\n', _pseudo),
    'two markups': (FACE + ' 0.01 0.02 {}\n', lambda r, a: _pseudo(r, a, TwoMarkupFace)),
    'finder': (FINDER_LINE, _finder),
    'wflw images': (WFLW_LINE, _wflw_images),
    'crops': (WFLW_LINE, lambda r, a: FaceCrops(r / 'list', r if a else '', 207)),
    'slider': (SLIDER_LINES, _slider),
}


@pytest.mark.parametrize('kind', LISTS)
def test_lists_keep_to_their_folder_unless_asked(tmp_path, kind):
    line, make = LISTS[kind]
    root = tmp_path / 'data'
    (root / 'images').mkdir(parents=True)
    image = np.full((128, 128, 3), 100, np.uint8)
    cv2.imwrite(str(tmp_path / 'secret.png'), image)
    cv2.imwrite(str(root / 'images' / 'own.png'), image)
    for name in ('../secret.png', 'images/../../secret.png', str(tmp_path / 'secret.png')):
        (root / 'list').write_text(line.format(name))
        with pytest.raises(ValueError, match=r'list(:1|, line 2): the image .* is not below'):
            make(root, True)
    assert len(make(root, False)) == 1  # the absolute name, asked for
    own = 'own.png' if kind == 'wflw images' else 'images/own.png'
    (root / 'list').write_text(line.format(own))
    assert len(make(root, True)) == 1


@pytest.mark.parametrize('name', ['coco', 'label_studio', 'labelme', 'dlib', 'csv'])
def test_labelling_tools_files_find_nothing_outside(tmp_path, name):
    plates = draw_plates(tmp_path / 'set', 4)
    path = WRITERS[name](plates)
    secret = tmp_path / 'secret.png'
    secret.write_bytes(sorted(plates.folder.rglob('plate_0.png'))[0].read_bytes())
    file = sorted(path.rglob('*.json'))[0] if path.is_dir() else path
    text = read_text(file)
    for out in ('../secret.png', str(secret), 'set/../../secret.png'):
        file.write_text(text.replace('plate_0.png', out))
        labels = read_labels(path)
        assert len(labels.objects) == 3 and 'is not below' in labels.left_out[0]
        assert all(item.image.is_relative_to(plates.folder) for item in labels.objects)


def _yolo(tmp_path, old, new):
    plates = draw_plates(tmp_path / 'set', 4)
    path = WRITERS['yolo'](plates)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return plates, path


@pytest.mark.parametrize('new', ['train: ../other', 'train: {out}', 'train: images/../../other'])
def test_yolos_parts_keep_to_the_folder(tmp_path, new):
    (tmp_path / 'other').mkdir()
    _, path = _yolo(tmp_path, 'train: images', new.format(out=tmp_path / 'other'))
    with pytest.raises(ValueError, match=r'plates\.yaml: the image .* is not below .*--images'):
        read_labels(path)


def test_yolos_path_leads_out_only_where_images_says_so(tmp_path):
    plates, path = _yolo(tmp_path, 'path: .', 'path: ../elsewhere')
    (plates.folder / 'images').rename(tmp_path / 'images')
    (plates.folder / 'labels').rename(tmp_path / 'labels')
    with pytest.raises(ValueError, match=r"key 'path': '../elsewhere' is not below .*--images"):
        read_labels(path)
    assert len(read_labels(path, tmp_path).objects) == 4


def test_yolos_list_of_images_keeps_to_the_folder(tmp_path):
    plates, path = _yolo(tmp_path, 'train: images\nval: images', 'train: train.txt')
    names = sorted((plates.folder / 'images').iterdir())
    (plates.folder / 'train.txt').write_text(f'./images/{names[0].name}\n{names[1]}\n')
    assert len(read_labels(path).objects) == 2
    (plates.folder / 'train.txt').write_text('images/x.png\n../secret.png\n')
    with pytest.raises(ValueError, match=r'train\.txt:2: the image .* is not below'):
        read_labels(path)


def test_roboflows_parts_are_found(tmp_path):
    _, path = _yolo(tmp_path, 'train: images', 'train: ../images')
    assert len(read_labels(path).objects) == 4


def test_pairs_of_names_and_files_stay_readable(tmp_path):
    plates = draw_plates(tmp_path / 'set', 4)
    path = WRITERS['coco'](plates)
    content = json.loads(path.read_text())
    for record in content['images']:  # as a tool on another machine wrote it
        record['file_name'] = f'C:\\Users\\me\\set\\{record["file_name"]}'
    path.write_text(json.dumps(content))
    assert len(read_labels(path).objects) == 4
