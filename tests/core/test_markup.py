from pathlib import Path

import mmpose
import numpy as np
import pytest
from mmengine.config import Config
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from pfld_mm.core.face_markups import IBUG68, WFLW98
from pfld_mm.core.markup import Markup

META = Path(mmpose.__file__).parent / '.mim' / 'configs' / '_base_' / 'datasets'


@pytest.mark.parametrize(('markup', 'file'), [(WFLW98, 'wflw.py'), (IBUG68, '300w.py')])
def test_swaps_equal_mmpose(markup, file):
    theirs = parse_pose_metainfo(Config.fromfile(META / file).dataset_info)
    ours = parse_pose_metainfo(markup.mmpose_metainfo())
    assert ours['flip_indices'] == theirs['flip_indices']
    assert ours['num_keypoints'] == theirs['num_keypoints'] == markup.num_keypoints
    assert ours['dataset_name'] == theirs['dataset_name']
    np.testing.assert_array_equal(ours['flip_indices'], markup.flip_indices)


@pytest.mark.parametrize('markup', [WFLW98, IBUG68])
def test_lines_map_onto_themselves_in_the_mirror(markup):
    flip = parse_pose_metainfo(markup.mmpose_metainfo())['flip_indices']
    links = {frozenset(link) for link in markup.skeleton}
    assert links == {frozenset((flip[a], flip[b])) for a, b in links}
    assert {point for link in links for point in link} >= set(range(markup.num_keypoints - 2))


@pytest.mark.parametrize(
    ('pairs', 'message'),
    [
        ([(0, 5)], r'\(0, 5\) must be two different indices from 0 to 4'),
        ([(2, 2)], r'\(2, 2\) must be two different'),
        ([(0, 1), (1, 2)], r'\(1, 2\) repeats a point'),
    ],
)
def test_bad_pairs_are_named(pairs, message):
    with pytest.raises(ValueError, match=message):
        Markup.from_dict(dict(dataset_name='five', num_keypoints=5, flip_pairs=pairs))


def test_a_line_through_a_point_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r'lines of five: mouth must hold indices from 0 to 4'):
        Markup.from_dict(dict(dataset_name='five', num_keypoints=5, lines=dict(mouth=([3, 5], 0))))


def test_a_closed_line_returns_to_its_first_point():
    lines = dict(ring=([0, 1, 2], True), way=([2, 3], False))
    markup = Markup.from_dict(dict(dataset_name='four', num_keypoints=4, lines=lines))
    assert markup.skeleton == [(0, 1), (1, 2), (2, 0), (2, 3)]
    assert markup.flip_indices.tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match='has no mean face'):
        _ = markup.mean_face


@pytest.mark.parametrize('markup', [WFLW98, IBUG68])
def test_five_points_of_the_mean_face(markup):
    (right, left, nose, *mouth) = markup.five_points(markup.mean_face[:, :2])
    assert right[0] < nose[0] < left[0]
    assert mouth[0][0] < nose[0] < mouth[1][0]
    assert max(right[1], left[1]) < nose[1] < min(mouth[0][1], mouth[1][1])


def test_an_own_markup_has_no_five_points():
    markup = Markup.from_dict(dict(dataset_name='two', num_keypoints=2))
    with pytest.raises(ValueError, match='the mark-up two does not say where its five points are'):
        markup.five_points(np.zeros((1, 2, 2)))
