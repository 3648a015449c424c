from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from pathlib import Path, PurePosixPath

ENDINGS = frozenset('.jpg .jpeg .jfif .png .bmp .webp .tif .tiff'.split())


class ImageFinder:
    """Finds the images that a file of labels names.

    Tools write a name relative to their file, to its ``images`` folder, or a path of another
    machine. A name is looked up below the folder as it stands, then its last part alone; nothing
    outside of the folder is read.

    Args:
        folder: Where the images lie, in it or below.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        index = defaultdict(list)
        for path in sorted(self.folder.rglob('*')):
            if path.suffix.lower() in ENDINGS:
                index[path.name].append(path)
        return index

    def find(self, name: str, near: Path | None = None) -> Path | None:
        """The image of this name, or None where there is none or more than one.

        Args:
            name: As the file of labels has it.
            near: A folder in which its last part is looked up first.
        """
        plain = PurePosixPath(name.replace('\\', '/'))
        if '\0' in name or not plain.name:
            return None
        if near is not None and (near / plain.name).is_file():
            return near / plain.name
        if not plain.is_absolute() and '..' not in plain.parts and ':' not in plain.parts[0]:
            for folder in (self.folder, self.folder / 'images'):
                if (folder / plain).is_file():
                    return folder / plain
        found = self._by_name.get(plain.name, [])
        return found[0] if len(found) == 1 else None
