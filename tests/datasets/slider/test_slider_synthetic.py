import copy
from dataclasses import dataclass, field

import numpy as np
import pytest
from torch.utils.data import DataLoader

import pfld_mm.compat  # noqa: F401
from pfld_mm.datasets.slider.slider_synthetic import SliderSyntheticDataset


@dataclass
class Puzzle:
    image: np.ndarray
    gap: tuple
    piece: tuple | None
    angle_deg: float = 0.0
    decoys: list = field(default_factory=list)


class Generator:
    """Puzzle i is i gray."""

    def __getitem__(self, i):
        piece = None if i % 2 else (5.0, 6.0)
        return Puzzle(np.full((32, 64, 3), i % 256, np.uint8), (40.0 + i % 9, 16.0), piece)


def keep(results):
    """A pipeline that changes nothing but what a loader can collate."""
    return {k: results[k] for k in ('img', 'img_id', 'keypoints', 'keypoints_visible')}


def build(length=3):
    return SliderSyntheticDataset(Generator(), length, pipeline=[keep])


def ids(dataset):
    return [dataset[i]['img_id'] for i in range(len(dataset))]


def test_every_epoch_has_its_own_puzzles():
    dataset = build()
    seen = []
    for epoch in range(3):
        dataset.set_epoch(epoch)
        seen += ids(dataset)
    assert seen == list(range(9))
    assert dataset[1]['img'][0, 0, 0] == 7


def test_labels_come_from_the_puzzle():
    first, second = build()[0], build()[1]
    assert first['keypoints'].tolist() == [[[39.5, 15.5], [4.5, 5.5]]]
    assert first['keypoints_visible'].tolist() == [[1, 1]]
    assert second['keypoints_visible'].tolist() == [[1, 0]]


def test_hard_examples_of_any_epoch_come_again():
    dataset = build()
    dataset.set_epoch(5)
    dataset.set_hard_examples([2, 11])
    assert ids(dataset) == [2, 11, 2]
    dataset.set_hard_examples([])
    assert ids(dataset) == [15, 16, 17]
    with pytest.raises(ValueError, match='4 hard examples for an epoch of 3'):
        dataset.set_hard_examples([1, 2, 3, 4])


def test_workers_that_live_on_see_the_new_epoch():
    dataset = copy.deepcopy(build(4))  # as mmengine's Runner does
    loader = DataLoader(
        dataset, 2, num_workers=1, persistent_workers=True, collate_fn=lambda batch: batch
    )
    for epoch in range(2):
        dataset.set_epoch(epoch)
        seen = [sample['img_id'] for batch in loader for sample in batch]
        assert seen == [4 * epoch + i for i in range(4)]


def test_length_must_be_positive():
    with pytest.raises(ValueError, match='length'):
        build(0)
