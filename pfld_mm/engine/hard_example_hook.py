from __future__ import annotations

import math
from typing import Any

from mmengine.dist import all_gather_object
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class HardExampleHook(Hook):
    """Keep the samples with the highest loss and train on them again.

    Every ordinary epoch leaves a list of its worst samples; every ``interval``-th epoch is
    filled with the last list, repeated, so that its length, and with it every schedule, stays
    the same. The list travels in the checkpoint as plain data and survives ``resume``.

    The head writes ``sample_losses`` (N,), the samples carry ``img_id``, and the dataset knows
    ``set_hard_examples(ids)``.

    Args:
        fraction: The fraction of an epoch that is kept.
        interval: Epochs from one replay to the next.

    Raises:
        ValueError: If an argument is out of range.
    """

    CHECKPOINT_KEY = 'hard_examples'

    def __init__(self, fraction: float = 0.1, interval: int = 5) -> None:
        if not 0 < fraction <= 1:
            raise ValueError(f'fraction must be in (0, 1], found {fraction}')
        if interval < 2:
            raise ValueError(f'interval must be at least 2, found {interval}')
        self.fraction = fraction
        self.interval = interval
        self.hard: list[int] = []
        self._scores: dict[int, float] = {}

    def before_train(self, runner: Runner) -> None:
        """Check what the hook needs, before an hour is lost.

        Raises:
            TypeError: If dataset or head cannot do it.
        """
        dataset, head = runner.train_dataloader.dataset, _head(runner)
        if not hasattr(dataset, 'set_hard_examples'):
            raise TypeError(f'{type(dataset).__name__} has no set_hard_examples(ids)')
        if not hasattr(head, 'sample_losses'):
            raise TypeError(f'{type(head).__name__} has no sample_losses')

    def before_train_epoch(self, runner: Runner) -> None:
        """Choose the samples of the epoch that begins."""
        ids = self.hard if self._is_replay(runner) else []
        runner.train_dataloader.dataset.set_hard_examples(ids)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Note the losses of a batch."""
        if self._is_replay(runner):
            return
        losses = _head(runner).sample_losses.tolist()
        for sample, loss in zip(data_batch['data_samples'], losses, strict=True):
            self._scores[int(sample.metainfo['img_id'])] = loss

    def after_train_epoch(self, runner: Runner) -> None:
        """Keep the worst of an ordinary epoch, of all processes together."""
        if self._is_replay(runner):
            return
        scores: dict[int, float] = {}
        for part in all_gather_object(self._scores):
            scores.update(part)
        keep = math.ceil(self.fraction * len(scores))
        self.hard = sorted(scores, key=lambda id_: -scores[id_])[:keep]
        self._scores = {}

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Put the list, and the losses of an unfinished epoch, into the checkpoint."""
        checkpoint[self.CHECKPOINT_KEY] = dict(hard=list(self.hard), scores=dict(self._scores))

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Take the list from the checkpoint of this very run (``resume``)."""
        if runner._resume:
            state = checkpoint.get(self.CHECKPOINT_KEY, dict(hard=[], scores={}))
            self.hard = list(state['hard'])
            self._scores = dict(state['scores'])

    def _is_replay(self, runner: Runner) -> bool:
        return bool(self.hard) and self.every_n_epochs(runner, self.interval)


def _head(runner: Runner) -> Any:
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    return model.head
