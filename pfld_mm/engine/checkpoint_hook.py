from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine import hooks
from mmengine.dist import is_main_process
from mmengine.runner import Runner
from mmpose.registry import HOOKS

from pfld_mm.compat.latest_checkpoint import write_pointer


class DeferredRemoval:
    """A file backend that only notes what is to be removed.

    Args:
        backend: One of MMEngine's; does all the rest.
    """

    def __init__(self, backend: object) -> None:
        self.backend = backend
        self.outdated: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.backend, name)

    def remove(self, path: str | Path) -> None:
        """Note a file."""
        self.outdated.append(str(path))

    def remove_except(self, kept: list[str | None]) -> None:
        """Remove what was noted and is none of ``kept``."""
        for path in dict.fromkeys(self.outdated):
            if path not in kept and self.backend.isfile(path):
                self.backend.remove(path)


@HOOKS.register_module()
class CheckpointHook(hooks.CheckpointHook):
    """MMEngine's hook, for runs that may be cut off at any instant.

    MMEngine removes an old checkpoint before it writes the new one and writes ``last_checkpoint``
    in place. Here the new file is whole first, then the pointer names it, then the old one goes.
    A run that was resumed from another one's work dir leaves that one's files as they are.

    Args:
        *args: As of MMEngine's hook.
        **kwargs: The same.

    Raises:
        TypeError: On a setting that neither the hook nor ``Runner.save_checkpoint`` has; MMEngine
            fails at the end of the first epoch.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unknown = sorted(self.args.keys() - inspect.signature(Runner.save_checkpoint).parameters)
        if unknown:
            raise TypeError(f'CheckpointHook has no setting {unknown[0]!r}')

    def before_train(self, runner: Runner) -> None:
        """Find the best checkpoints so far, in this run's folder only: an old best is removed."""
        super().before_train(runner)
        if hasattr(self, 'best_ckpt_path_dict'):
            best = self.best_ckpt_path_dict
            self.best_ckpt_path_dict = {name: self._own(path) for name, path in best.items()}
        elif hasattr(self, 'best_ckpt_path'):
            self.best_ckpt_path = self._own(self.best_ckpt_path)

    def _own(self, path: str | None) -> str | None:
        """The file of this name in this run's folder; a work dir may have been copied or moved."""
        if path is None:
            return None
        own = self.file_backend.join_path(self.out_dir, os.path.basename(path))
        return own if self.file_backend.isfile(own) else None

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        with self._removals_last():
            self._drop_outdated(runner, step)
            name = self.filename_tmpl.format(step)
            self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
            runner.message_hub.update_info('last_ckpt', self.last_ckpt)
            runner.save_checkpoint(
                self.out_dir,
                name,
                self.file_client_args,
                save_optimizer=self.save_optimizer,
                save_param_scheduler=self.save_param_scheduler,
                meta=meta,
                by_epoch=self.by_epoch,
                backend_args=self.backend_args,
                **self.args,
            )
            if is_main_process():
                path = (
                    self.last_ckpt if '://' in self.last_ckpt else os.path.abspath(self.last_ckpt)
                )
                write_pointer(runner.work_dir, path)

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        with self._removals_last():
            super()._save_best_checkpoint(runner, metrics)

    def _drop_outdated(self, runner: Runner, step: int) -> None:
        """Forget the oldest checkpoint first, so that the new one's list of files is correct."""
        ids = self.keep_ckpt_ids if self.max_keep_ckpts > 0 else None
        if ids is None or (ids and ids[-1] == step):
            return
        if len(ids) == self.max_keep_ckpts:
            name = self.filename_tmpl.format(ids.popleft())
            if is_main_process():
                self.file_backend.remove(self.file_backend.join_path(self.out_dir, name))
        ids.append(step)
        runner.message_hub.update_info('keep_ckpt_ids', list(ids))

    @contextmanager
    def _removals_last(self) -> Iterator[None]:
        """Old files are removed when the new ones are there; not if writing these failed."""
        if isinstance(self.file_backend, DeferredRemoval):
            yield  # saving the best one saves the last one, too
            return
        backend = self.file_backend
        self.file_backend = deferred = DeferredRemoval(backend)
        try:
            yield
        finally:
            self.file_backend = backend
        best = [getattr(self, 'best_ckpt_path', None)]
        best += getattr(self, 'best_ckpt_path_dict', {}).values()
        deferred.remove_except([self.last_ckpt, *best])
