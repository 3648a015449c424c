import time
from pathlib import Path

import numpy as np
import pytest

from pfld_mm.datasets.readers.label_set import LabelledObject, LabelSet
from pfld_mm.datasets.readers.mirror_and_norm import find_mirror, norm_pair


def labels_of(points, hidden=()):
    flags = np.full(len(points[0]), 2)
    flags[list(hidden)] = 0
    objects = tuple(LabelledObject(Path('a.png'), np.float64(p), flags, 'a') for p in points)
    return LabelSet('a', tuple(map(str, range(len(flags)))), objects)


SQUARE = [[0, 0], [10, 0], [30, 0], [30.1, 0], [0, 2.5]]


@pytest.mark.parametrize(
    ('pairs', 'hidden', 'expected'),
    [
        (None, (), (0, 2)),  # 0 - 3 is farther by less than a hundredth
        (((0, 1), (2, 4)), (), (2, 4)),
        (((0, 1), (2, 4)), (2,), (0, 1)),
        (((2, 3),), (), (0, 2)),  # closer than two pixels
        (((2, 4),), (2, 3), (1, 4)),
    ],
)
def test_the_farthest_pair_that_is_always_marked(pairs, hidden, expected):
    assert norm_pair(labels_of([SQUARE, SQUARE], hidden), pairs) == expected


@pytest.mark.parametrize('wanted', ['٤-1', '1' * 5000 + '-0', '0_0-1', '5-0', '0', '0-1-2', ''])
def test_wanted_pairs_that_are_none(wanted):
    with pytest.raises(ValueError, match='--flip-pairs: expected pairs of different points'):
        find_mirror(labels_of([SQUARE]), wanted)


def test_wanted_pairs():
    assert find_mirror(labels_of([SQUARE]), '0-1, 3-2').pairs == ((0, 1), (3, 2))


def test_no_pair():
    assert norm_pair(labels_of([SQUARE], (1, 2, 3, 4)), ((0, 1),)) is None
    assert norm_pair(labels_of([SQUARE, np.zeros((5, 2))]), None) is None


def test_many_points_take_no_time():
    points = np.random.default_rng(0).uniform(0, 200, (6, 1404, 2))
    points[:, 7], points[:, 900] = 0, 400
    start = time.process_time()
    assert norm_pair(labels_of(points), None) == (7, 900)
    assert time.process_time() - start < 5
