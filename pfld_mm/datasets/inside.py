from __future__ import annotations

import os
import re


def inside(folder: str, name: str, source: str) -> str:
    """The path of an image that a list names, which must not lead out of the data's folder.

    Args:
        folder: Of the images; with an empty one any path was asked for.
        name: As the list gives it.
        source: ``file:line``, for the message.

    Raises:
        ValueError: If the name is absolute or climbs by ``..``.
    """
    parts = re.split(r'[/\\]', name)
    is_outside = '..' in parts or os.path.isabs(name) or re.match(r'[A-Za-z]:[/\\]', name)
    if folder and is_outside:
        raise ValueError(
            f'{source}: the image {name!r} is not below {folder}; correct the line, or set '
            "data_prefix=dict(img='') and data_root=None to allow any path"
        )
    return os.path.join(folder, name)
