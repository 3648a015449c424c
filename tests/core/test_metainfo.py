from copy import deepcopy
from pathlib import Path

import mmpose
import pytest
from mmengine.config import Config
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from pfld_mm.core.face_markups import IBUG68, WFLW98, WFLW98_IBUG68
from pfld_mm.core.markup import Markup

META = Path(mmpose.__file__).parent / '.mim' / 'configs' / '_base_' / 'datasets'


@pytest.mark.parametrize('markup', [IBUG68, WFLW98, WFLW98_IBUG68])
def test_a_mark_up_comes_back(markup):
    info = markup.mmpose_metainfo()
    back = Markup.from_metainfo(info)
    assert back.mmpose_metainfo() == info
    assert back.skeleton == markup.skeleton
    assert sorted(back.flip_pairs) == sorted(tuple(sorted(pair)) for pair in markup.flip_pairs)


@pytest.mark.parametrize('name', ['wflw', '300w', 'aflw', 'cofw', 'lapa', 'coco', 'coco_wholebody'])
def test_mmpose_files_are_read_as_mmpose_reads_them(name):
    info = Config.fromfile(META / f'{name}.py').dataset_info
    theirs, ours = parse_pose_metainfo(info), Markup.from_metainfo(info)
    assert ours.name == theirs['dataset_name']
    assert ours.num_keypoints == theirs['num_keypoints']
    assert ours.flip_indices.tolist() == theirs['flip_indices']
    assert ours.skeleton == [tuple(link) for link in theirs['skeleton_links']]


def test_closed_and_open_lines():
    links = [('a', 'b'), ('b', 'c'), ('c', 'a'), ('a', 'd'), ('b', 'd')]
    markup = Markup.from_metainfo(
        dict(
            dataset_name='four',
            keypoint_info={i: dict(name=name, id=i) for i, name in enumerate('abcd')},
            skeleton_info={i: dict(link=link, id=i) for i, link in enumerate(links)},
        )
    )
    found = [(line.points, line.closed) for line in markup.lines.values()]
    assert found == [((0, 1, 2), True), ((0, 3), False), ((1, 3), False)]


@pytest.mark.parametrize(
    ('damage', 'message'),
    [
        (lambda info: info.pop('keypoint_info'), 'found no keypoint_info'),
        (
            lambda info: info['keypoint_info'].pop(3),
            r'ids must be 0 to K - 1, found \[0, 1, 2, 4',
        ),
        (lambda info: info['keypoint_info'][3].update(name='kpt-4'), 'the same name'),
        (lambda info: info['keypoint_info'][0].update(swap='nose'), 'kpt-0 swaps with nose'),
        (lambda info: info['keypoint_info'][0].update(swap=''), 'kpt-16 swaps with kpt-0, which'),
        (lambda info: info['skeleton_info'][0].update(link=('kpt-0', 'x')), "'x'.* two of its"),
    ],
)
def test_what_contradicts_itself_is_named(damage, message):
    info = deepcopy(IBUG68.mmpose_metainfo())
    damage(info)
    with pytest.raises(ValueError, match=message):
        Markup.from_metainfo(info)
