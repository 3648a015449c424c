from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import FrameType

import torch
from mmengine.dist import all_reduce, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import IterBasedTrainLoop, Runner
from mmpose.registry import HOOKS

from pfld_mm.compat.latest_checkpoint import remove_partial, write_pointer
from pfld_mm.engine.config_error import ConfigError
from pfld_mm.engine.resumable_sampler import ResumableSampler


class TrainingInterrupted(KeyboardInterrupt):
    """Training was stopped by a signal after its state had been saved."""


@HOOKS.register_module()
class ResumePointHook(Hook):
    """Saves the state every few minutes, so that a run resumes with bit-identical results.

    Saves ``resume_point.pth`` every ``minutes`` and at Ctrl-C or SIGTERM, in the middle of an epoch
    too; ``--resume`` then goes on with the next batch. Needs :class:`ResumableSampler` for that,
    and :class:`~pfld_mm.engine.epoch_hook.EpochHook` for the same augmentations.

    Args:
        minutes: Time between two saved states.

    Raises:
        ConfigError: When resuming, if an epoch has another number of iterations than it had.
    """

    # After the optimizer, the schedulers and the EMA have seen the iteration.
    priority = 'LOWEST'
    FILE = 'resume_point.pth'
    CHECKPOINT_KEY = 'epoch_iterations'

    def __init__(self, minutes: float = 5.0) -> None:
        self.seconds = minutes * 60
        self._signal: int | None = None
        self._saved_at = time.monotonic()

    def before_train(self, runner: Runner) -> None:
        """Take over Ctrl-C and SIGTERM, before the loader's workers are started."""
        if is_main_process():
            remove_partial(runner.work_dir)
        self._pid = os.getpid()
        self._handlers = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGINT, signal.SIGTERM)
        }

    def after_train(self, runner: Runner) -> None:
        """Give the signals back."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def before_train_epoch(self, runner: Runner) -> None:
        """Let the first epoch after resuming begin where the interrupted one stopped."""
        loader = runner.train_dataloader
        if isinstance(loader.sampler, ResumableSampler) and _epoch_iterations(runner):
            loader.sampler.start = 0
            done = runner.iter - runner.epoch * _epoch_iterations(runner)
            loader.sampler.start = done * loader.batch_size
            if done:
                runner.logger.info(f'resumed after batch {done} of epoch {runner.epoch + 1}')

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Save when it is time, and stop when a signal asked for it."""
        interrupted = _any_process(self._signal is not None)
        due = is_main_process() and time.monotonic() - self._saved_at > self.seconds
        if not interrupted and not _any_process(due):
            return
        runner.save_checkpoint(runner.work_dir, self.FILE, by_epoch=False)
        if is_main_process():
            # MMEngine's own pointer to the newest state, which --resume follows.
            write_pointer(runner.work_dir, self.FILE)
        self._saved_at = time.monotonic()
        if interrupted:
            raise TrainingInterrupted(
                f'stopped after iteration {runner.iter + 1}; the state is in '
                f'{Path(runner.work_dir, self.FILE)}: go on with --resume'
            )

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Note how long an epoch is, by which the place in it is found again."""
        checkpoint[self.CHECKPOINT_KEY] = _epoch_iterations(runner)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Refuse to go on where an epoch has become longer or shorter.

        Raises:
            ConfigError: With both numbers of iterations.
        """
        now = _epoch_iterations(runner) if runner._resume else 0  # a test has no training loop
        if not now:
            return
        epoch, done = (checkpoint['meta'][key] for key in ('epoch', 'iter'))
        then = checkpoint.get(self.CHECKPOINT_KEY)
        if then is None and not epoch * now <= done <= (epoch + 1) * now:
            then = done // max(epoch, 1)  # an older state does not say it: from the epochs it did
        if then is not None and then != now:
            raise ConfigError(
                f'train_dataloader.batch_size: an epoch had {then} iterations in the state to '
                f'resume ({epoch} epochs, {done} iterations done) and has {now} now, with '
                f'{runner.train_dataloader.batch_size} samples a batch: resume with the same batch '
                'size, images and number of processes, or start anew with load_from'
            )

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._pid:
            # A worker of the loader, which inherited this handler: Ctrl-C is the trainer's
            # business, but it must still be possible to end the worker.
            if number == signal.SIGTERM:
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)
            return
        if self._signal is not None:
            raise KeyboardInterrupt('second signal: stopped at once, the last batch is lost')
        self._signal = number


def _epoch_iterations(runner: Runner) -> int:
    """Iterations of a whole epoch; 0 where a loop counts iterations and has no epochs."""
    loop = runner.train_loop
    if isinstance(loop, IterBasedTrainLoop):
        return 0  # such a loop passes over the batches that were seen by itself
    return loop.max_iters // loop.max_epochs


def _any_process(flag: bool) -> bool:
    """Whether ``flag`` is set in any process, so that all stop at the same iteration."""
    total = torch.tensor(int(flag))
    all_reduce(total)
    return bool(total)
