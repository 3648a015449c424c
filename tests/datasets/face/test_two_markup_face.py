import cv2
import numpy as np
import pytest

from pfld_mm.core.face_markups import IBUG68, WFLW98, WFLW98_IBUG68
from pfld_mm.datasets.face.markup_map import IN_WFLW, MarkupMap
from pfld_mm.datasets.face.two_markup_face import TwoMarkupFace

TEACHER = np.random.default_rng(0).uniform(20, 140, (98, 2)).round(2)
MARKED = np.random.default_rng(1).uniform(20, 140, (68, 2)).round(2)


@pytest.fixture
def root(tmp_path):
    """Three images; only those of `people` have hand-made points (1-based) beside them."""
    for folder in ('people', 'video'):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / 'a b.png'), np.zeros((160, 160, 3), np.uint8))
    rows = '\n'.join(f'{x} {y}' for x, y in MARKED + 1)
    (tmp_path / 'people' / 'a b.pts').write_text(f'version: 1\nn_points: 68\n{{\n{rows}\n}}\n')
    return tmp_path


def write_list(root, *faces, name='list.txt'):
    numbers = ' '.join(f'{value:.2f}' for value in TEACHER.ravel())
    lines = [f'{numbers} {spread} {gap} {image}\n' for spread, gap, image in faces]
    (root / name).write_text(''.join(lines))
    return dict(data_root=str(root), ann_files=name, pts_folders=['people'])


def test_a_marked_face_has_both_markups(root):
    info = TwoMarkupFace(**write_list(root, (0.01, 0.05, 'people/a b.png'))).get_data_info(0)
    np.testing.assert_allclose(info['keypoints'][0], np.concatenate([TEACHER, MARKED]), atol=1e-4)
    np.testing.assert_array_equal(info['keypoints_visible'], np.ones((1, 166)))
    assert info['img_path'].endswith('people/a b.png')


def test_too_few_marked_faces_to_map_the_others(root):
    info = TwoMarkupFace(**write_list(root, (0.01, 0.0, 'video/a b.png'))).get_data_info(0)
    np.testing.assert_array_equal(info['keypoints_visible'][0], [1] * 98 + [0] * 68)
    np.testing.assert_allclose(info['keypoints'][0, 98:], TEACHER[IN_WFLW], atol=1e-4)


@pytest.mark.parametrize(('spread', 'weight'), [(0.0, 1), (0.016, 1), (0.032, 0.5)])
def test_the_teachers_doubt_lowers_its_weight_alone(root, spread, weight):
    data = TwoMarkupFace(**write_list(root, (spread, 0.0, 'people/a b.png')))
    visible = data.get_data_info(0)['keypoints_visible'][0]
    np.testing.assert_allclose(visible, [weight] * 98 + [1] * 68)


def test_doubtful_and_contradictory_faces_are_left_out(root):
    faces = (0.041, 0.0, 'video/a b.png'), (0.01, 0.16, 'video/a b.png')
    kept = 0.04, 0.15, 'people/a b.png'
    assert len(TwoMarkupFace(**write_list(root, *faces, kept))) == 1
    with pytest.raises(ValueError, match=r'no face has spread <= 0.04 and gap <= 0.15'):
        TwoMarkupFace(**write_list(root, *faces))


def test_marked_faces_are_repeated_or_alone(root):
    options = write_list(root, (0.01, 0.0, 'video/a b.png'), (0.01, 0.0, 'people/a b.png'))
    names = [info['img_path'][-14:] for info in TwoMarkupFace(**options, repeat_marked=3)]
    assert [name.count('people') for name in names] == [0, 1, 1, 1]
    assert len(TwoMarkupFace(**options, only_marked=True)) == 1


def test_several_lists(root):
    options = write_list(root, (0.01, 0.0, 'video/a b.png'))
    write_list(root, (0.01, 0.0, 'people/a b.png'), name='more.txt')
    assert len(TwoMarkupFace(**{**options, 'ann_files': ['list.txt', 'more.txt']})) == 2


@pytest.mark.parametrize('line', ['1 2 x.png', '1 ' * 197 + 'nan x.png', 'a ' * 198 + 'x.png'])
def test_a_malformed_line_is_named(root, line):
    (root / 'bad.txt').write_text('\n' + line + '\n')
    with pytest.raises(ValueError, match=r'bad\.txt:2: expected 196 coordinates, spread, gap'):
        TwoMarkupFace(data_root=str(root), ann_files='bad.txt')


def test_a_missing_list_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'none\.txt does not exist; .*pseudo_label'):
        TwoMarkupFace(data_root=str(tmp_path), ann_files='none.txt')


def test_the_mirror_swaps_within_each_markup():
    swaps = dict(WFLW98_IBUG68.flip_pairs)
    assert len(swaps) == len(WFLW98.flip_pairs) + len(IBUG68.flip_pairs)
    assert swaps[60] == 72
    assert swaps[98 + 36] == 98 + 45
    assert WFLW98_IBUG68.mmpose_metainfo()['keypoint_info'][98]['swap'] == 'kpt-114'


def test_every_shared_point_is_its_counterparts_mirror():
    """The 68 stubs must mirror as the 68 points do."""
    mirror98 = {a: b for pair in WFLW98.flip_pairs for a, b in (pair, pair[::-1])}
    mirror68 = {a: b for pair in IBUG68.flip_pairs for a, b in (pair, pair[::-1])}
    for point, place in enumerate(IN_WFLW):
        assert mirror98.get(place, place) == IN_WFLW[mirror68.get(point, point)]


def test_points_that_nobody_made_follow_from_the_teachers(root, monkeypatch):
    """With one face to learn from, the map gives its own points back."""
    monkeypatch.setattr(MarkupMap, 'LEAST', 1)
    faces = (0.032, 0.0, 'video/a b.png'), (0.01, 0.0, 'people/a b.png')
    info = TwoMarkupFace(**write_list(root, *faces), mapped=0.4).get_data_info(0)
    np.testing.assert_allclose(info['keypoints'][0, 98:], MARKED, atol=0.5)
    np.testing.assert_allclose(info['keypoints_visible'][0], [0.5] * 98 + [0.2] * 68, rtol=1e-6)
