from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import PurePath

from pfld_mm.core.text import short


def inside(folder: str | os.PathLike, name: str, source: str, cure: str = '') -> str:
    """The path of a file that a list names, which must not lead out of the data's folder.

    An absolute name below the folder is fine.

    Args:
        folder: Of the images; with an empty one any path was asked for.
        name: As the list gives it.
        source: ``file:line``, for the message.
        cure: What to do about a name that leads out; default: how a dataset allows any path.

    Raises:
        ValueError: If the name is absolute or climbs by ``..``.
    """
    folder = os.fspath(folder)
    if folder and leads_out(folder, name):
        cure = cure or "set data_prefix=dict(img='') and data_root=None to allow any path"
        raise ValueError(
            f'{source}: the image {short(name)} is not below {folder}; correct the line, or {cure}'
        )
    return os.path.join(folder, name)


def links_out(folders: Iterable[str | os.PathLike], path: str | os.PathLike) -> bool:
    """Whether a file, links followed, is in none of the folders."""
    real = PurePath(os.path.realpath(path))
    return not any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


def leads_out(folder: str, name: str) -> bool:
    """Whether a name, joined to the folder, is not below it; links are not followed."""
    if '..' in re.split(r'[/\\]', name):
        return True
    if os.path.isabs(name):
        return not PurePath(name).is_relative_to(os.path.abspath(folder))
    return bool(re.match(r'[A-Za-z]:|[/\\]', name))  # of another system
