from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from mmengine.dataset import DefaultSampler
from mmpose.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class ResumableSampler(DefaultSampler):
    """MMEngine's :class:`DefaultSampler` that can begin in the middle of an epoch.

    :class:`~pfld_mm.engine.resume_point_hook.ResumePointHook` sets :attr:`start`, the number of
    samples of this process that the interrupted epoch has already seen.
    """

    start = 0

    def __iter__(self) -> Iterator[int]:
        """Indices of the epoch, without the first :attr:`start`."""
        return islice(super().__iter__(), self.start, None)

    def __len__(self) -> int:
        return super().__len__() - self.start
