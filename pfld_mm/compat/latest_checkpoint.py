"""The newest checkpoint of a run that can be read, also if the run was killed while writing."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from mmengine import runner
from mmengine.logging import print_log
from mmengine.runner import checkpoint as upstream

from pfld_mm.compat.checkpoints import CheckpointError, load_local

POINTER = 'last_checkpoint'
"""MMEngine's file with the path of the newest checkpoint."""


def install_latest_checkpoint() -> None:
    """Let ``--resume`` find the newest checkpoint that can be read; a second call does nothing."""
    for module in (upstream, runner, runner.runner):  # the names by which MMEngine calls it
        module.find_latest_checkpoint = find_latest_checkpoint


def find_latest_checkpoint(path: str | os.PathLike) -> str | None:
    """The checkpoint to resume from; what MMEngine's function of this name is replaced by.

    The one that ``last_checkpoint`` names, else the newest by time. A file that cannot be read
    (cut off, damaged) is passed over with a warning.

    Args:
        path: The work dir.

    Returns:
        A path, or None if no checkpoint can be read.
    """
    folder = Path(path)
    states = [*folder.glob('epoch_*.pth'), *folder.glob('iter_*.pth'), *folder.glob('resume_*.pth')]
    states.sort(key=lambda file: file.stat().st_mtime, reverse=True)
    pointed = _pointed(folder)
    for file in dict.fromkeys([*pointed, *states]):
        try:
            load_local(str(file), 'cpu')
        except (CheckpointError, OSError) as error:
            print_log(f'passed over: {error}', logger='current', level=logging.WARNING)
        else:
            return str(file)
    return None


def _pointed(folder: Path) -> list[Path]:
    """What the pointer names; a work dir that was moved has it beside the pointer."""
    try:
        name = (folder / POINTER).read_text(encoding='utf-8').strip()
    except (OSError, UnicodeDecodeError):
        return []
    candidates = [Path(name), folder / Path(name).name] if name else []
    return [file for file in candidates if file.is_file()][:1]


def write_pointer(work_dir: str | os.PathLike, name: str) -> None:
    """Let ``last_checkpoint`` name a file of the work dir; a kill leaves the old or the new.

    Args:
        work_dir: Of the run.
        name: Of the file; an absolute path or an address if it lies elsewhere.
    """
    part = Path(work_dir, f'{POINTER}.part')
    part.write_text(name if '://' in name else str(Path(work_dir, name)), encoding='utf-8')
    os.replace(part, Path(work_dir, POINTER))


def remove_partial(work_dir: str | os.PathLike) -> None:
    """Remove what a killed run had begun to write."""
    for part in Path(work_dir).glob('*.part'):
        part.unlink(missing_ok=True)
