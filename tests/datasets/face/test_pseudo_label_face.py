import numpy as np
import pytest

from pfld_mm.core.face_markups import WFLW98
from pfld_mm.core.head_pose import rotation_matrix
from pfld_mm.datasets.face.pseudo_label_face import PseudoLabelFace
from pfld_mm.datasets.face.pseudo_labels import read_pseudo_labels


def line(yaw=0.0, spread=0.01, gap=0.0, name='a.jpg'):
    points = WFLW98.mean_face @ rotation_matrix(np.radians(yaw), 0, 0)[:2].T * 50 + 100
    return ' '.join([*(f'{v:.3f}' for v in points.ravel()), str(spread), str(gap), name])


def dataset(tmp_path, lines, **options):
    (tmp_path / 'list.txt').write_text('\n'.join(lines) + '\n')
    return PseudoLabelFace(data_root=str(tmp_path), ann_files='list.txt', pipeline=[], **options)


def test_faces_with_unsure_or_contradicting_labels_are_left_out(tmp_path):
    lines = [line(), line(spread=0.06, name='b.jpg'), line(gap=0.2, name='c.jpg')]
    faces = dataset(tmp_path, lines)
    assert [info['img_path'][-5:] for info in faces.load_data_list()] == ['a.jpg']
    np.testing.assert_array_equal(faces.get_data_info(0)['keypoints_visible'], np.ones((1, 98)))


def test_turned_faces_come_as_often_as_asked(tmp_path):
    lines = [line(0), line(60, name='b.jpg'), line(-70, name='c.jpg'), line(20, name='d.jpg')]
    names = [d['img_path'][-5] for d in dataset(tmp_path, lines, repeat_turned=3).load_data_list()]
    assert names == list('abbbcccd')


def test_no_usable_face_and_a_missing_list_are_named(tmp_path):
    with pytest.raises(ValueError, match=r'no face has spread <= 0\.05'):
        dataset(tmp_path, [line(spread=1)])
    with pytest.raises(FileNotFoundError, match=r'no\.txt does not exist'):
        list(read_pseudo_labels(tmp_path / 'no.txt'))


@pytest.mark.parametrize(
    'bad',
    [
        '1 2 3',
        line().replace('100', 'nan', 1),
        line(spread='1e300'),
        line(spread='0_0'),
        line()[:-6],
    ],
)
def test_malformed_lines_are_named(tmp_path, bad):
    (tmp_path / 'list.txt').write_text(line() + '\n' + bad + '\n')
    with pytest.raises(ValueError, match=r'list\.txt:2: expected 196 coordinates'):
        list(read_pseudo_labels(tmp_path / 'list.txt'))
