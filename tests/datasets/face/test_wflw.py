import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mmpose.registry import DATASETS

from pfld_mm.datasets.face.wflw import WFLW


def test_reads_points_box_attributes(write_wflw):
    root = write_wflw(4)
    data = DATASETS.build(dict(type='WFLW', data_root=str(root), ann_file='list.txt'))
    assert len(data) == 4
    info = data.get_data_info(3)
    written = np.array((root / 'list.txt').read_text().splitlines()[3].split()[:206], float)
    assert info['keypoints'].dtype == np.float32
    np.testing.assert_allclose(info['keypoints'][0].ravel(), written[:196], atol=1e-4)
    np.testing.assert_array_equal(info['keypoints_visible'], np.ones((1, 98)))
    np.testing.assert_array_equal(info['attributes'], [0, 1, 0, 0, 1, 1])
    points = info['keypoints'][0]
    np.testing.assert_array_equal(info['bbox'][0], [*points.min(0), *points.max(0)])
    assert info['img_path'] == str(root / 'WFLW_images' / 'image_1.jpg')
    assert (info['id'], info['img_id']) == (3, 1)
    assert info['raw_ann_info'] == dict(id=3, image_id=1, source=f'{root / "list.txt"}:4')
    annotated = WFLW(data_root=str(root), ann_file='list.txt', box='annotated').get_data_info(3)
    np.testing.assert_array_equal(annotated['bbox'][0], written[196:200])


@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16', 'latin-1'])
def test_any_encoding(write_wflw, encoding):
    root = write_wflw(2)
    text = (root / 'list.txt').read_text().replace('image', 'grün')
    (root / 'list.txt').write_bytes(text.encode(encoding))
    info = WFLW(data_root=str(root), ann_file='list.txt').get_data_info(0)
    assert info['img_path'].endswith('grün_0.jpg')


@pytest.mark.parametrize('missing', ['-1 -1', '-256.0 -256.0'])
def test_missing_points_weigh_nothing_and_stretch_no_box(write_wflw, missing):
    root = write_wflw(2)
    _, _, rest = (root / 'list.txt').read_text().split(' ', 2)
    (root / 'list.txt').write_text(f'{missing} {rest}')
    info = WFLW(data_root=str(root), ann_file='list.txt').get_data_info(0)
    points = info['keypoints'][0]
    np.testing.assert_array_equal(info['keypoints_visible'][0], [0] + [1] * 97)
    np.testing.assert_array_equal(info['bbox'][0], [*points[1:].min(0), *points[1:].max(0)])
    np.testing.assert_allclose(points[0], points[1:].mean(0), rtol=1e-5)


def spoil(line: str, how: str) -> str:
    fields = line.split()
    if how == '195':
        del fields[10]
    elif how == '197':
        fields.insert(0, '1.0')
    elif how == 'nan':
        fields[5] = 'nan'
    elif how == 'word':
        fields[7] = '12,5'
    elif how == 'under':
        fields[7] = '4_0'
    elif how == 'arabic':
        fields[7] = '٤٠'
    elif how == 'attribute':
        fields[202] = '2'
    elif how == 'name':
        del fields[-1]
    elif how == 'point':
        fields[:196] = ['4.0'] * 196
    return ' '.join(fields)


@pytest.mark.parametrize(
    ('how', 'found'),
    [
        ('195', r'expected 196 coordinates.*found 206 fields \(that would be 195 coordinates\)'),
        ('197', r'expected 196 coordinates.*\(that would be 197 coordinates\)'),
        ('nan', r"expected finite numbers, found 'nan' in field 6"),
        ('word', r"expected finite numbers, found '12,5' in field 8"),
        ('under', r"expected finite numbers, found '4_0' in field 8"),
        ('arabic', r"expected finite numbers, found '٤٠' in field 8"),
        ('attribute', r"attributes that are 0 or 1, found .*'2'"),
        ('name', r'found 206 fields'),
        ('point', r'box around the points .*no area'),
    ],
)
def test_malformed_line_is_named(write_wflw, how, found):
    root = write_wflw(4)
    lines = (root / 'list.txt').read_text().splitlines()
    lines[2] = spoil(lines[2], how)
    (root / 'list.txt').write_text('\n'.join(lines))
    with pytest.raises(ValueError, match=rf'list\.txt:3: .*{found}.*(correct|remove)'):
        WFLW(data_root=str(root), ann_file='list.txt')


def test_annotated_box_without_area_is_an_error_only_where_it_is_used(write_wflw):
    root = write_wflw(2)
    lines = (root / 'list.txt').read_text().splitlines()
    fields = lines[1].split()
    fields[198] = fields[196]
    (root / 'list.txt').write_text('\n'.join([lines[0], ' '.join(fields)]))
    assert len(WFLW(data_root=str(root), ann_file='list.txt')) == 2
    with pytest.raises(ValueError, match=r'list\.txt:2: the annotated box .*no area'):
        WFLW(data_root=str(root), ann_file='list.txt', box='annotated')


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(codec='utf-8', exclude_categories=['Cs']), max_size=300))
def test_any_text_is_refused_with_file_and_line(write_wflw, text):
    root = write_wflw(0)
    (root / 'list.txt').write_text(text, encoding='utf-8')
    with pytest.raises(ValueError, match=r'list\.txt(:\d+)?: expected'):
        WFLW(data_root=str(root), ann_file='list.txt')


def test_empty_list_and_missing_files_are_named(write_wflw, tmp_path):
    root = write_wflw(0)
    with pytest.raises(ValueError, match=r'list\.txt: expected a line for every face, found none'):
        WFLW(data_root=str(root), ann_file='list.txt')
    for missing in (dict(ann_file='no.txt'), dict(data_prefix=dict(img='nowhere'))):
        with pytest.raises(FileNotFoundError, match=r'(no\.txt|nowhere) does not.*LAB/WFLW\.html'):
            WFLW(**{'data_root': str(root), 'ann_file': 'list.txt', **missing})


def test_97_keypoints_for_wflw_are_refused(write_wflw):
    root = write_wflw(1)
    with pytest.raises(ValueError, match=r"list\.txt:1: found 98 points, .*'mine' has 97"):
        WFLW(
            data_root=str(root),
            ann_file='list.txt',
            metainfo=dict(dataset_name='mine', num_keypoints=97),
        )


def test_unknown_box_rule_and_negative_seed_are_refused():
    with pytest.raises(ValueError, match=r"box must be one of .* found 'face'"):
        WFLW(box='face')
    with pytest.raises(ValueError, match='seed must not be negative, found -1'):
        WFLW(seed=-1)
