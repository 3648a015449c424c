from __future__ import annotations

import math

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


class TrainingDiverged(RuntimeError):
    """A loss or a weight is NaN or infinite."""


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Stops training at a loss that is NaN or infinite, before a checkpoint of it is written.

    Weights are checked as well before each checkpoint, because a gradient can overflow where the
    loss does not.
    """

    priority = 'HIGH'  # before whatever writes checkpoints

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Look at every term of the loss.

        Raises:
            TrainingDiverged: With iteration, learning rate and term.
        """
        terms = {
            name: float(torch.as_tensor(value).detach())
            for name, value in (outputs or {}).items()
            if 'loss' in name
        }
        bad = [f'{name} = {value}' for name, value in terms.items() if not math.isfinite(value)]
        if bad:
            self._stop(runner, f'the loss is not finite: {", ".join(bad)}')

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Look at every weight.

        Raises:
            TrainingDiverged: With iteration, learning rate and tensor.
        """
        for name, value in checkpoint['state_dict'].items():
            if value.is_floating_point() and not torch.isfinite(value).all():
                self._stop(runner, f'the loss led to weights that are not finite: {name}')

    @staticmethod
    def _stop(runner: Runner, reason: str) -> None:
        rates = [rate for group in runner.optim_wrapper.get_lr().values() for rate in group]
        raise TrainingDiverged(
            f'iteration {runner.iter + 1}, learning rate {max(rates):.3g}: {reason}; no checkpoint '
            'was written of it: lower optim_wrapper.optimizer.lr or set '
            'optim_wrapper.clip_grad.max_norm=10, and go on with --resume (loss scale and data are '
            'the next suspects)'
        )
