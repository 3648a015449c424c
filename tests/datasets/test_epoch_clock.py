"""Without a hook a dataset still goes on from epoch to epoch; with one it does what it is told."""

import copy

import pytest
from torch.utils.data import DataLoader, Dataset

from pfld_mm.datasets import epoch_clock
from pfld_mm.datasets.epoch_clock import EpochClock


class Epochs(Dataset):
    """Each sample is its epoch."""

    def __init__(self, clock):
        self.clock = clock

    def __len__(self):
        return self.clock.length

    def __getitem__(self, index):
        return self.clock[index]


@pytest.mark.parametrize('workers', [0, 2])
def test_visits_are_counted_where_no_hook_tells(workers):
    loader = DataLoader(
        Epochs(EpochClock(7)), 3, shuffle=True, num_workers=workers, persistent_workers=workers > 0
    )
    for epoch in range(3):
        assert [value for batch in loader for value in batch.tolist()] == [epoch] * 7


def test_what_is_told_counts():
    clock = EpochClock(3)
    clock[0]
    clock.set_epoch(5)
    assert [clock[0], clock[0], clock[2]] == [5, 5, 5]


def test_it_warns_once_and_names_the_cure(monkeypatch):
    log = []
    monkeypatch.setattr(epoch_clock, 'print_log', lambda text, **_: log.append(text))
    clock = EpochClock(2)
    for _ in range(4):
        clock[0], clock[1]
    assert len(log) == 1 and "dict(type='EpochHook')" in log[0]


def test_counting_on_demand_is_silent(monkeypatch):
    monkeypatch.setattr(epoch_clock, 'print_log', lambda *_, **__: pytest.fail('warned'))
    clock = EpochClock(1)
    clock.set_epoch(None)
    assert [clock[0], clock[0], clock[0]] == [0, 1, 2]


def test_a_test_set_stays_as_it_is():
    clock = EpochClock(2, test_mode=True)
    assert [clock[1], clock[1], clock[1]] == [0, 0, 0]


def test_processes_never_agree(monkeypatch):
    numbers = []
    for rank in range(2):
        monkeypatch.setattr(epoch_clock, 'get_dist_info', lambda rank=rank: (rank, 2))
        clock = EpochClock(1)
        numbers += [clock[0] for _ in range(3)]
    assert sorted(numbers) == list(range(6))


def test_a_copy_starts_afresh():
    clock = EpochClock(2, test_mode=True)
    clock.set_epoch(4)
    other = copy.deepcopy(clock)
    assert (other[0], other.test_mode, clock[0]) == (0, True, 4)
