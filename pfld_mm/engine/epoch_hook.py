from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import IterBasedTrainLoop, Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class EpochHook(Hook):
    """Tells the datasets which epoch begins (``set_epoch``); augmentations are drawn from it.

    Datasets that a dataset wraps or combines are told, too. A loop that counts iterations has no
    epochs: there the datasets count for themselves.
    """

    def before_train_epoch(self, runner: Runner) -> None:
        """Tell the training dataset, before its first sample is asked for."""
        counted = isinstance(runner.train_loop, IterBasedTrainLoop)
        set_epoch(runner.train_dataloader.dataset, None if counted else runner.epoch)


def set_epoch(dataset: object, epoch: int | None) -> None:
    """Tell ``dataset``, and those it combines, which epoch begins; None where there are none."""
    if hasattr(dataset, 'set_epoch'):
        dataset.set_epoch(epoch)
    for part in [*getattr(dataset, 'datasets', []), getattr(dataset, 'dataset', None)]:
        if part is not None:
            set_epoch(part, epoch)
