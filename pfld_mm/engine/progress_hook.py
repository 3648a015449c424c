from __future__ import annotations

import sys
from contextlib import ExitStack

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm


@HOOKS.register_module()
class ProgressHook(Hook):
    """A progress bar with the remaining time, on terminals only (the log has it in any case)."""

    priority = 'VERY_LOW'

    def before_train(self, runner: Runner) -> None:
        """Open the bar; log lines then appear above it."""
        self._bar = None
        self._stack = ExitStack()
        if is_main_process() and sys.stderr.isatty():
            self._stack.enter_context(logging_redirect_tqdm([runner.logger]))
            self._bar = self._stack.enter_context(
                tqdm(total=runner.max_iters, initial=runner.iter, unit='it', dynamic_ncols=True)
            )

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.set_description(f'epoch {runner.epoch + 1}/{runner.max_epochs}', False)
            self._bar.set_postfix(loss=f'{outputs["loss"].item():.4g}', refresh=False)
            self._bar.update()

    def after_train(self, runner: Runner) -> None:
        """Close the bar."""
        self._stack.close()
