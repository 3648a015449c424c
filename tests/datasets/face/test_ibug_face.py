import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pfld_mm.datasets.face.ibug_face import IBUGFace, read_pts

POINTS = np.random.default_rng(0).uniform(20, 140, (68, 2))
FIVE = dict(dataset_name='five', num_keypoints=5, flip_pairs=[(0, 1), (3, 4)])


@pytest.mark.parametrize('header', [True, False])
@pytest.mark.parametrize('one_based', [True, False])
def test_reads_points(write_pts, header, one_based):
    root = write_pts(POINTS, header=header)
    info = IBUGFace(data_root=str(root), one_based=one_based).get_data_info(0)
    np.testing.assert_allclose(info['keypoints'][0], POINTS - one_based, atol=1e-4)
    assert info['keypoints'].dtype == np.float32
    assert info['img_path'] == str(root / 'a.png')
    np.testing.assert_array_equal(info['attributes'], np.zeros(6))


def test_folders_in_order(write_pts):
    write_pts(POINTS, 'b', 'x')
    write_pts(POINTS, 'a', 'x')
    root = write_pts(POINTS, 'c', 'y')
    data = IBUGFace(data_root=str(root), folders=['y', 'x'])
    names = [data.get_data_info(i)['img_path'][len(str(root)) + 1 :] for i in range(3)]
    assert names == ['y/c.png', 'x/a.png', 'x/b.png']


def test_own_points(write_pts):
    root = write_pts(POINTS[:5])
    data = IBUGFace(data_root=str(root), metainfo=FIVE, one_based=False)
    info = data.get_data_info(0)
    np.testing.assert_allclose(info['keypoints'][0], POINTS[:5], atol=1e-4)
    assert info['flip_indices'] == [1, 0, 2, 4, 3]


def test_wrong_count_names_the_file(write_pts):
    root = write_pts(POINTS[:5])
    with pytest.raises(ValueError, match=r"a\.pts: found 5 points, .*'300w' has 68; .*metainfo"):
        IBUGFace(data_root=str(root))


def test_annotated_box_is_refused():
    with pytest.raises(ValueError, match=r"IBUGFace: box='annotated' is impossible"):
        IBUGFace(box='annotated')


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('n_points: 68', 'n_points: 67', r'a\.pts: expected 67 points .*found 68'),
        ('n_points: 68', 'n_points: many', r'a\.pts: expected many points .*found 68'),
        ('{\n', '{\n1 2 3\n', r"a\.pts:4: expected two finite numbers .*found '1 2 3'"),
        ('{\n', '{\nnan 3\n', r"a\.pts:4: expected two finite .*'nan 3'"),
        ('{\n', '{\nx y\n', r"a\.pts:4: expected two finite .*'x y'"),
    ],
)
def test_malformed_file_is_named(write_pts, old, new, message):
    root = write_pts(POINTS)
    path = root / 'a.pts'
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        IBUGFace(data_root=str(root))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_points_or_a_named_error(tmp_path, data):
    path = tmp_path / 'any.pts'
    path.write_bytes(data)
    try:
        points = read_pts(path)
    except ValueError as error:
        assert 'any.pts' in str(error) and 'expected' in str(error)
    else:
        assert points.shape[1] == 2 and np.isfinite(points).all()


def test_missing_things_are_named(write_pts, tmp_path):
    root = write_pts(POINTS)
    with pytest.raises(FileNotFoundError, match=r'nowhere does not exist\. Get 300-W from http'):
        IBUGFace(data_root=str(root), folders='nowhere')
    (root / 'a.png').unlink()
    with pytest.raises(FileNotFoundError, match=r'a\.pts: expected its image beside it'):
        IBUGFace(data_root=str(root))
    (root / 'a.pts').unlink()
    with pytest.raises(ValueError, match=r'expected \.pts files.*found none'):
        IBUGFace(data_root=str(root))
