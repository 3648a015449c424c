import random

import numpy as np
import pytest
from mmengine.dataset import pseudo_collate
from mmpose.datasets.dataset_wrappers import CombinedDataset
from torch.utils.data import DataLoader

from pfld_mm.core.face_markups import WFLW98
from pfld_mm.datasets.face import unusable_sample_counter
from pfld_mm.datasets.face.unusable_sample import UnusableSample
from pfld_mm.datasets.face.wflw import WFLW
from pfld_mm.engine.epoch_hook import set_epoch

LOAD = [dict(type='LoadFace')]


class Draw:
    """Puts random numbers into the sample instead of an image."""

    def __call__(self, results: dict) -> dict:
        return dict(id=results['id'], draw=[np.random.rand(), random.random()])


def draws(data, indices):
    return [data[i]['draw'] for i in indices]


def test_randomness_is_of_seed_epoch_and_index(write_wflw):
    root = str(write_wflw(4))
    data = WFLW(data_root=root, ann_file='list.txt', pipeline=[Draw()])
    data.set_epoch(0)
    first = draws(data, [0, 1, 2, 3])
    assert len({value for pair in first for value in pair}) == 8
    assert draws(data, [3, 1]) == [first[3], first[1]]
    assert draws(data, [-1]) == [first[3]]
    data.set_epoch(1)
    assert draws(data, [0]) != first[:1]
    data.set_epoch(0)
    assert draws(data, [0]) == first[:1]
    other = WFLW(data_root=root, ann_file='list.txt', pipeline=[Draw()], seed=1)
    assert draws(other, [0]) != first[:1]


def test_seed_epoch_and_index_do_not_mix(write_wflw):
    """(seed, epoch, index) = (0, 1, 0), (1, 0, 0) and (0, 0, 1) are three streams."""
    root = str(write_wflw(2))
    zero, one = (
        WFLW(data_root=root, ann_file='list.txt', pipeline=[Draw()], seed=seed) for seed in (0, 1)
    )
    zero.set_epoch(1)
    of_epoch = draws(zero, [0])
    zero.set_epoch(0)
    assert len({str(d) for d in (of_epoch, draws(one, [0]), draws(zero, [1]))}) == 3


def test_persistent_workers_see_the_epoch(write_wflw):
    data = WFLW(data_root=str(write_wflw(4)), ann_file='list.txt', pipeline=[Draw()])
    loader = DataLoader(
        data, batch_size=2, num_workers=2, persistent_workers=True, collate_fn=pseudo_collate
    )

    def epoch(number):
        data.set_epoch(number)
        return [[float(v) for v in d] for batch in loader for d in zip(*batch['draw'], strict=True)]

    first, second = epoch(0), epoch(1)
    assert first != second
    assert epoch(0) == first == draws(data, range(4))


def test_subset_still_follows_the_epoch(write_wflw):
    data = WFLW(data_root=str(write_wflw(4)), ann_file='list.txt', pipeline=[Draw()], indices=2)
    first = draws(data, [1])
    data.set_epoch(5)
    assert len(data) == 2 and draws(data, [1]) != first


def test_parts_share_no_image(write_wflw):
    root = str(write_wflw(12))
    parts = [
        WFLW(data_root=root, ann_file='list.txt', part=(kind, 0.3)) for kind in ('train', 'val')
    ]
    images, ids = (
        [{data.get_data_info(i)[key] for i in range(len(data))} for data in parts]
        for key in ('img_path', 'id')
    )
    assert not images[0] & images[1] and len(images[1]) == 2
    assert ids[0] | ids[1] == set(range(12))


def break_images(root, numbers):
    for i in numbers:
        path = root / 'WFLW_images' / f'image_{i}.jpg'
        path.write_bytes(path.read_bytes()[:-200])


def test_bad_image_is_skipped_reported_once_and_replaced_alike(write_wflw, monkeypatch):
    root = write_wflw(8)
    break_images(root, [1])
    data = WFLW(data_root=str(root), ann_file='list.txt', pipeline=LOAD)
    log = []
    monkeypatch.setattr(unusable_sample_counter, 'print_log', lambda text, **_: log.append(text))
    data.set_epoch(0)
    replacements = [data[2]['id'] for _ in range(5)]
    assert len(set(replacements)) == 1 and replacements[0] not in (2, 3)
    assert int(data._bad.flags.sum()) == 1
    assert len(log) == 1 and log[0].startswith('Skipped a bad face (1 of 8 so far')
    assert 'image_1.jpg' in log[0] and 'list.txt:3' in log[0] and 'truncated' in log[0]
    others = set()
    for epoch in range(12):
        data.set_epoch(epoch)
        others.add(data[2]['id'])
    assert len(others) > 1


def test_bad_image_ends_a_test_run(write_wflw):
    root = write_wflw(4)
    break_images(root, [1])
    data = WFLW(data_root=str(root), ann_file='list.txt', pipeline=LOAD, test_mode=True)
    data[0]
    with pytest.raises(UnusableSample, match=r'image_1\.jpg \(.*list\.txt:3\): .*truncated'):
        data[2]


def test_too_many_bad_images_end_training(write_wflw):
    root = write_wflw(30)
    break_images(root, range(6))
    data = WFLW(data_root=str(root), ann_file='list.txt', pipeline=LOAD)
    with pytest.raises(RuntimeError, match=r'11 of 30 .*tolerated 10') as caught:
        for i in range(12):
            data[i]
    for i in (0, 1, 2):
        assert f'image_{i}.jpg' in str(caught.value)


def test_all_images_bad_ends_even_a_small_training(write_wflw):
    root = write_wflw(4)
    break_images(root, range(2))
    data = WFLW(data_root=str(root), ann_file='list.txt', pipeline=LOAD)
    with pytest.raises(RuntimeError, match='4 of 4 faces cannot be used'):
        data[0]


def test_max_bad_is_a_fraction(write_wflw):
    root = write_wflw(30)
    data = WFLW(data_root=str(root), ann_file='list.txt', max_bad=0.5)
    assert data._bad.limit == 15


def test_combined_dataset_goes_on_with_the_same_stream(write_wflw):
    part = dict(type='WFLW', data_root=str(write_wflw(4)), ann_file='list.txt', pipeline=LOAD)
    data = CombinedDataset(WFLW98.mmpose_metainfo(), [part, part], pipeline=[Draw()])
    assert len(data) == 8
    set_epoch(data, 0)
    assert draws(data, [2, 5, 2]) == draws(data, [2, 5, 2])
    assert draws(data, [2]) != draws(data, [3])
