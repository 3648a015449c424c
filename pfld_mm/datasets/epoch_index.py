from __future__ import annotations

from collections.abc import Sequence

import torch

from pfld_mm.datasets.epoch_clock import EpochClock


class EpochIndex:
    """Which sample is at position i of this epoch: a new one, or a hard one again.

    The state lies in shared memory: loader workers that live through several epochs
    (``persistent_workers``) see the changes made by the main process between epochs.

    Args:
        length: Samples an epoch.
        test_mode: Every epoch is the first.
    """

    def __init__(self, length: int, test_mode: bool = False) -> None:
        self.length = length
        self._clock = EpochClock(length, test_mode)
        self._hard = torch.zeros(length + 1, dtype=torch.int64).share_memory_()  # count, then ids

    def __deepcopy__(self, memo: dict) -> EpochIndex:
        """Start afresh: a deep copy of shared memory would not be shared any more."""
        return EpochIndex(self.length, self._clock.test_mode)

    def set_epoch(self, epoch: int | None) -> None:
        """Say which epoch (from 0) begins; see :class:`EpochClock`."""
        self._clock.set_epoch(epoch)

    def set_hard_examples(self, ids: Sequence[int]) -> None:
        """Fill the epoch with these samples, repeated; an empty list ends that.

        Raises:
            ValueError: If there are more than an epoch holds.
        """
        if len(ids) > self.length:
            raise ValueError(f'{len(ids)} hard examples for an epoch of {self.length}')
        self._hard[1 : len(ids) + 1] = torch.tensor(ids, dtype=torch.int64)
        self._hard[0] = len(ids)

    def __getitem__(self, i: int) -> int:
        """The sample's number, counted over all epochs: no two epochs share one."""
        count = int(self._hard[0])
        if count:
            return int(self._hard[1 + i % count])
        i %= self.length
        return self._clock[i] * self.length + i
