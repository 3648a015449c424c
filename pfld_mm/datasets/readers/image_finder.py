from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from pfld_mm.core.text import short
from pfld_mm.datasets.inside import links_out

ENDINGS = frozenset('.jpg .jpeg .jfif .png .bmp .webp .tif .tiff'.split())


@dataclass(frozen=True)
class ListedImage:
    """An image as a file of labels lists it.

    Attributes:
        name: As the file has it.
        near: A folder in which its last part is looked up first.
        other: Another name, where there is no image of the first.
    """

    name: str
    near: Path | None = None
    other: str = ''


class ImageFinder:
    """Finds the images that a file of labels names.

    Tools write a name relative to their file, to its ``images`` folder, or a path of another
    machine. A name is looked up below the folder as it stands, then its last part alone; nothing
    outside of the folder is read, and nothing through a link that leads out of it.

    A file is the image of one name. Where ``a/0.png`` and ``b/0.png`` are listed and only the
    second exists, ``a/0.png`` has no image.

    Args:
        folder: Where the images lie, in it or below.
        listed: All images of the file of labels.
    """

    def __init__(self, folder: Path, listed: Iterable[ListedImage]) -> None:
        self.folder = folder
        self._listed = set(listed)

    def find(self, listed: ListedImage) -> Path | str:
        """The image, or why there is none."""
        path, is_exact = self._look_up(listed)
        if path is None:
            return f'its image {short(listed.name)} is not below {self.folder}'
        if links_out(filter(None, (self.folder, listed.near)), path):
            return (
                f'its image {path} is a link out of {self.folder}; copy the image, or name the '
                'folder that holds it with --images'
            )
        rivals = self._names_of[path] - {_whole(listed)}
        if rivals and not is_exact:
            return (
                f'its image {short(listed.name)} is not below {self.folder} with this path; {path} '
                f'is listed as {short(min(rivals))} too'
            )
        return path

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        index = defaultdict(list)
        for path in sorted(self.folder.rglob('*')):
            if path.suffix.lower() in ENDINGS and os.path.isfile(path):
                index[path.name].append(path)
        return index

    @cached_property
    def _names_of(self) -> dict[Path, set[str]]:
        """The different names under which a file is listed."""
        names = defaultdict(set)
        for listed in self._listed:
            path, _ = self._look_up(listed)
            if path is not None:
                names[path].add(_whole(listed))
        return names

    def _look_up(self, listed: ListedImage) -> tuple[Path | None, bool]:
        """Its file, and whether that is just where the name says."""
        plain = _plain(listed.name)
        if listed.near is not None and os.path.isfile(listed.near / plain.name):
            return listed.near / plain.name, len(plain.parts) == 1
        for name in (listed.name, listed.other):
            plain = _plain(name)
            if not plain.name:
                continue
            if not plain.is_absolute() and '..' not in plain.parts and ':' not in plain.parts[0]:
                for folder in (self.folder, self.folder / 'images'):
                    if os.path.isfile(folder / plain):
                        return folder / plain, folder is self.folder and name == listed.name
            found = self._by_name.get(plain.name, [])
            if len(found) == 1:
                return found[0], False
        return None, False


def _plain(name: str) -> PurePosixPath:
    return PurePosixPath(name.replace('\\', '/'))


def _whole(listed: ListedImage) -> str:
    """What tells listed images apart: the name, from the folder that it is relative to."""
    return os.path.normpath(os.path.join(listed.near or '', _plain(listed.name)))
