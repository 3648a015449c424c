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
        A path, or None, with a warning, if the folder has no checkpoint: the run begins anew.

    Raises:
        CheckpointError: If there are checkpoints, and none can be read.
    """
    folder = Path(path)
    states = [*folder.glob('epoch_*.pth'), *folder.glob('iter_*.pth'), *folder.glob('resume_*.pth')]
    states.sort(key=_time, reverse=True)
    files = list(dict.fromkeys([*_pointed(folder), *states]))
    for file in files:
        try:
            load_local(str(file), 'cpu')
        except (CheckpointError, OSError) as error:
            _warn(f'passed over: {error}')
        else:
            return str(file)
    if files:
        raise CheckpointError(
            f'{folder}: none of its {len(files)} checkpoints can be read '
            f'({", ".join(file.name for file in files)}): copy them again and --resume, or give '
            'another --work-dir to start from scratch'
        )
    _warn(f'{folder} has no checkpoint to resume from: the run starts from scratch')
    return None


def _time(file: Path) -> float:
    """Of the last change; what cannot be looked at (a link to itself) is the oldest."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _pointed(folder: Path) -> list[Path]:
    """What the pointer names; beside the pointer first, as a copied work dir has it."""
    pointer = folder / POINTER
    if not os.path.lexists(pointer):
        return []
    try:
        name = pointer.read_text(encoding='utf-8').strip()
    except (OSError, UnicodeDecodeError) as error:
        _warn(f'passed over: {pointer} cannot be read ({error})')
        return []
    candidates = [folder / os.path.basename(name), Path(name)] if name else []
    found = [file for file in candidates if os.path.isfile(file)][:1]
    if not found:
        _warn(f'passed over: {pointer} names {name[:60]!r}, which is no file')
    return found


def write_pointer(work_dir: str | os.PathLike, name: str) -> None:
    """Let ``last_checkpoint`` name a file of the work dir; a kill leaves the old or the new.

    Args:
        work_dir: Of the run.
        name: Of the file; an absolute path or an address if it lies elsewhere.
    """
    part, pointer = Path(work_dir, f'{POINTER}.part'), Path(work_dir, POINTER)
    for path in (part, pointer):
        if path.is_dir():
            _warn(f'{path} is a folder, so {POINTER} was not written: --resume goes by time')
            return
    part.write_text(name if '://' in name else str(Path(work_dir, name)), encoding='utf-8')
    os.replace(part, pointer)


def remove_partial(work_dir: str | os.PathLike) -> None:
    """Remove what a killed run had begun to write."""
    for part in [*Path(work_dir).glob('*.pth.part'), Path(work_dir, f'{POINTER}.part')]:
        if part.is_dir():
            _warn(f'passed over: {part} is a folder')
        else:
            part.unlink(missing_ok=True)


def _warn(text: str) -> None:
    print_log(text, logger='current', level=logging.WARNING)
