from __future__ import annotations

from pathlib import Path

from pfld_mm.core.image import is_image

SUFFIXES = {'.bmp', '.gif', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp'}


def may_be_image(path: Path) -> bool:
    """Whether a file is an image by its content or pretends to be one by its name.

    The latter cannot be read: who reads it says so, instead of passing over it in silence.
    """
    return is_image(path) or (path.suffix.lower() in SUFFIXES and path.is_file())


def image_files(folder: str | Path, recursive: bool = False) -> list[Path]:
    """The images of a folder, sorted, whatever their names end in; see :func:`may_be_image`."""
    folder = Path(folder)
    return sorted(filter(may_be_image, folder.rglob('*') if recursive else folder.glob('*')))
