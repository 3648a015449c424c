from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from mmengine.logging import print_log

from pfld_mm.datasets.face.unusable_sample import TooManyUnusable, UnusableSample


class UnusableSampleCounter:
    """Counts the faces of a training set that cannot be used, over all loader workers.

    Each is reported once. More than ``max_bad`` of them end the training.

    Args:
        total: number of faces.
        max_bad: the tolerated fraction; at least ten faces, but never all.
        describe: gives the image of face i, for the final message.
    """

    def __init__(self, total: int, max_bad: float, describe: Callable[[int], str]) -> None:
        self.limit = min(max(10, int(max_bad * total)), total - 1)
        self.describe = describe
        # In shared memory: a flag a face, each set by whichever worker met it.
        self.flags = torch.zeros(total, dtype=torch.uint8).share_memory_()

    def add(self, index: int, error: UnusableSample) -> None:
        """Note that face ``index`` failed with ``error``.

        Raises:
            TooManyUnusable: if there are now too many; lists the first five.
        """
        if self.flags[index]:
            return
        self.flags[index] = 1
        bad = self.flags.nonzero().flatten().tolist()
        if len(bad) > self.limit:
            listed = '\n  '.join(self.describe(i) for i in bad[:5])
            raise TooManyUnusable(
                f'{len(bad)} of {len(self.flags)} faces cannot be used, more than the tolerated '
                f'{self.limit}. The last error was: {error}\nThe first ones:\n  {listed}\n'
                'Repair or remove them, or raise max_bad of the dataset.'
            )
        print_log(
            f'Skipped a bad face ({len(bad)} of {len(self.flags)} so far, {self.limit} are '
            f'tolerated): {error}',
            logger='current',
            level=logging.WARNING,
        )
