from pathlib import Path

import mmpose
import numpy as np
import pytest
from mmengine.config import Config
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from pfld_mm.core.face_model import FLIP_INDICES
from pfld_mm.core.markup import IBUG68, WFLW98, mmpose_metainfo, skeleton

META = Path(mmpose.__file__).parent / '.mim' / 'configs' / '_base_' / 'datasets'


@pytest.mark.parametrize(('markup', 'file'), [(WFLW98, 'wflw.py'), (IBUG68, '300w.py')])
def test_swaps_equal_mmpose(markup, file):
    theirs = parse_pose_metainfo(Config.fromfile(META / file).dataset_info)
    ours = parse_pose_metainfo(mmpose_metainfo(markup))
    assert ours['flip_indices'] == theirs['flip_indices']
    assert ours['num_keypoints'] == theirs['num_keypoints'] == markup['num_keypoints']
    assert ours['dataset_name'] == theirs['dataset_name']
    np.testing.assert_array_equal(ours['flip_indices'], FLIP_INDICES[markup['num_keypoints']])


@pytest.mark.parametrize('markup', [WFLW98, IBUG68])
def test_lines_map_onto_themselves_in_the_mirror(markup):
    flip = parse_pose_metainfo(mmpose_metainfo(markup))['flip_indices']
    links = {frozenset(link) for link in skeleton(markup)}
    assert links == {frozenset((flip[a], flip[b])) for a, b in links}
    assert {point for link in links for point in link} >= set(range(markup['num_keypoints'] - 2))


def test_markups_are_plain_data():
    import ast

    assert ast.literal_eval(repr(WFLW98)) == WFLW98
    assert ast.literal_eval(repr(IBUG68)) == IBUG68


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
        mmpose_metainfo(dict(dataset_name='five', num_keypoints=5, flip_pairs=pairs))
