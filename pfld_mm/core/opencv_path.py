from __future__ import annotations

from pathlib import Path


def opencv_path(path: str | Path) -> str:
    """A path as OpenCV takes it; a name that is no UTF-8 ends its process without a message.

    Raises:
        ValueError: If a name in the path is not UTF-8.
    """
    text = str(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f'{text!a}: the name is not UTF-8; rename the file') from None
    return text
