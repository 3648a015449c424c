import numpy as np
import pytest

from pfld_mm.datasets.face.ibug_face import IBUGFace
from pfld_mm.datasets.face.pts_file import PtsFile

FIVE = dict(dataset_name='five', num_keypoints=5, flip_pairs=[(0, 1), (3, 4)])
POINTS = [[95, 95], [140, 95], [118, 120], [100, 145], [138, 145]]
ROWS = [f'{x} {y}' for x, y in POINTS]


@pytest.mark.parametrize(
    'lines',
    [
        ['version: 1', 'n_points: 5', '{', *ROWS, '}'],
        ['version 1', 'n_points 5 {', *ROWS, '}'],
        ['n_points=5', '{', *ROWS, '}'],
        ['version: 1', 'n_points: 5', '{' + ROWS[0], *ROWS[1:4], ROWS[4] + '}'],
        [row.replace(' ', ', ') for row in ROWS],
        [row.replace(' ', ',') for row in ROWS],
        [row.replace(' ', ' ,\t') + ' ,\t2' for row in ROWS],
    ],
)
@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16', 'ascii'])
def test_headers_of_other_tools(tmp_path, lines, encoding):
    (tmp_path / 'a.pts').write_bytes('\r\n'.join(lines).encode(encoding))
    file = PtsFile.read(tmp_path / 'a.pts')
    np.testing.assert_array_equal(file.points, POINTS)
    np.testing.assert_array_equal(file.visibility, [2] * 5)


@pytest.mark.parametrize('first', ['-1 -1', '-256 -256', '0 0 0', '95 95 0', '-1.0 -1.0 2'])
@pytest.mark.parametrize('one_based', [True, False])
def test_missing_points_weigh_nothing_and_stretch_no_box(tmp_path, write_pts, first, one_based):
    root = write_pts(np.array(POINTS))
    (tmp_path / 'a.pts').write_text('\n'.join([first, *ROWS[1:4], '138 145 1']))
    data = IBUGFace(data_root=str(root), metainfo=FIVE, one_based=one_based)
    info = data.get_data_info(0)
    np.testing.assert_array_equal(info['keypoints_visible'], [[0, 1, 1, 1, 0.5]])
    np.testing.assert_array_equal(info['bbox'][0], np.array([100, 95, 140, 145]) - one_based)
    np.testing.assert_allclose(info['keypoints'][0, 0], np.mean(POINTS[1:], 0) - one_based)


def test_a_face_without_a_marked_point_is_named(write_pts):
    root = write_pts(np.full((5, 2), -1.0))
    with pytest.raises(ValueError, match=r'a\.pts: expected a marked point, found none'):
        IBUGFace(data_root=str(root), metainfo=FIVE)


ROWS_OF_NO_POINTS = [
    '1e300 5',
    '5 -2e6',
    '1 2 3',
    '1 2 0.5',
    '1',
    '1 2 2 2',
    'inf 1',
    '4_0 1',
    '٤ 1',
]


@pytest.mark.parametrize('row', ROWS_OF_NO_POINTS)
def test_rows_that_are_no_points(tmp_path, row):
    (tmp_path / 'a.pts').write_text(f'1 2\n{row}\n')
    with pytest.raises(ValueError, match=r'a\.pts:2: expected two finite numbers'):
        PtsFile.read(tmp_path / 'a.pts')


def test_further_faces_of_an_image(write_pts, tmp_path):
    root = write_pts(np.array(POINTS))
    (tmp_path / 'a.2.pts').write_text('\n'.join(ROWS))
    data = IBUGFace(data_root=str(root), metainfo=FIVE)
    assert len(data) == 2
    assert {data.get_data_info(i)['img_path'] for i in range(2)} == {str(root / 'a.png')}


@pytest.mark.parametrize('row', ['22 20,1', '22, 20,1', '22,5 20', '22,5 20,5', '22,5, 20,5', '1,'])
def test_a_comma_that_may_be_the_decimal_one_is_refused(tmp_path, row):
    (tmp_path / 'a.pts').write_text(f'1 2\n{row}\n')
    with pytest.raises(ValueError, match=r'a\.pts:2: expected two .* need a point, not a comma'):
        PtsFile.read(tmp_path / 'a.pts')


@pytest.mark.parametrize('break_', ['\x85', '\u2028', '\f', '\v', '\x1c'])
def test_only_line_ends_divide_lines(tmp_path, break_):
    (tmp_path / 'a.pts').write_text(f'1 2\n3 4{break_}5 6\n', encoding='utf-8')
    with pytest.raises(ValueError, match=r'a\.pts:2: expected two finite numbers'):
        PtsFile.read(tmp_path / 'a.pts')
