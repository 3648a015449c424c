from __future__ import annotations

import logging

import torch
from mmengine.dist import get_dist_info
from mmengine.logging import print_log

_UNKNOWN, _COUNTED = -1, -2


class EpochClock:
    """Which epoch a sample belongs to: set by a hook, else counted by how often it was read.

    :class:`~pfld_mm.engine.epoch_hook.EpochHook` tells the epoch. Where no hook does (MMPose's own
    ``tools/train.py`` with another list of hooks), every sample counts its own visits: two visits
    of a sample are an epoch apart, so no two workers ever count the same one at once. The processes
    of a distributed training count apart and so never agree on a number.

    The state lies in shared memory: loader workers that live through several epochs
    (``persistent_workers``) see the changes made by the main process between epochs.

    Args:
        length: Number of samples.
        test_mode: Always epoch 0.
    """

    def __init__(self, length: int, test_mode: bool = False) -> None:
        self.length = length
        self.test_mode = test_mode
        self._epoch = torch.full((1,), _UNKNOWN, dtype=torch.int64).share_memory_()
        self._visits = torch.zeros(length, dtype=torch.int32).share_memory_()
        self._rank, self._world_size = get_dist_info()  # workers have no process group

    def __deepcopy__(self, memo: dict) -> EpochClock:
        """Start afresh: a deep copy of shared memory would not be shared any more."""
        return EpochClock(self.length, self.test_mode)

    def set_epoch(self, epoch: int | None) -> None:
        """Say which epoch (from 0) begins, in all workers; None to count visits, silently."""
        self._epoch[0] = _COUNTED if epoch is None else epoch

    def __getitem__(self, index: int) -> int:
        """The epoch of sample ``index`` (0 to length - 1); without a hook, one visit is counted."""
        epoch = int(self._epoch[0])
        if self.test_mode:
            return max(epoch, 0)
        if epoch >= 0:
            return epoch
        visits = int(self._visits[index])
        self._visits[index] = visits + 1
        if visits and epoch == _UNKNOWN:
            self._warn()
        return visits * self._world_size + self._rank

    def _warn(self) -> None:
        self._epoch[0] = _COUNTED
        print_log(
            'No hook tells the dataset which epoch it is, so it counts the visits of each sample: '
            'augmentations differ from epoch to epoch, but a resumed run does not repeat them to '
            "the bit. Add dict(type='EpochHook') to custom_hooks to cure it.",
            logger='current',
            level=logging.WARNING,
        )
