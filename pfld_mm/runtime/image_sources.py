"""The sources that the command line reads, and where it writes."""

from __future__ import annotations

from pathlib import Path

from pfld_mm.core.image_files import SUFFIXES, image_files, may_be_image
from pfld_mm.runtime.image_writer import can_write

VIDEO_SUFFIXES = {'.avi', '.m4v', '.mkv', '.mov', '.mp4', '.webm'}
MAX_NAMED = 5
DRAWN = '.points'
"""Suffix of a source's name for the file that is drawn."""


def is_camera(source: str) -> bool:
    """A number is a camera, unless a file has this name."""
    return source.isdecimal() and not Path(source).exists()


def is_video(source: str) -> bool:
    """A camera, or a file that is no image, by content or name."""
    path = Path(source)
    return is_camera(source) or (path.is_file() and not may_be_image(path))


def default_out(source: str) -> Path:
    """Where is drawn if nothing else is said: beside the source, under another name."""
    path = Path(source)
    if path.is_dir():
        path = path.resolve()
        return path.with_name(f'{path.name}{DRAWN}')
    if is_video(source):
        return path.with_suffix(f'{DRAWN}.mp4')
    suffix = path.suffix if can_write(path) else '.png'
    return path.with_suffix(f'{DRAWN}{suffix}')


def images_of(source: str) -> tuple[list[Path], str]:
    """The images that a source names, and a sentence on what its folder holds besides.

    Raises:
        FileNotFoundError: If there is no such file or folder, or no image in the folder.
    """
    path = Path(source)
    if path.is_file():
        return [path], ''
    if not path.is_dir():
        raise FileNotFoundError(f'{source}: no such image, folder or video')
    files = [file for file in image_files(path) if not _is_drawn(file)]
    others = sorted(entry.name for entry in set(path.iterdir()) - set(image_files(path)))
    if not files:
        raise FileNotFoundError(
            f'{source}: no image in this folder ({len(others)} other entries); name the folder '
            'that holds them'
        )
    more = f' and {len(others) - MAX_NAMED} more' if len(others) > MAX_NAMED else ''
    named = ', '.join(others[:MAX_NAMED]) + more
    return files, f'{source}: skipped, because they are no images: {named}' if others else ''


def check_out(source: str, out: Path | None) -> None:
    """Refuse to write over the source, and a file's name where a folder is meant.

    Raises:
        ValueError: If ``out`` makes no sense for ``source``.
    """
    if out is None:
        return
    path = Path(source)
    target = out / path.name if out.is_dir() and path.is_file() else out
    if path.exists() and (target.resolve() == path.resolve() or _same(target, path)):
        raise ValueError(f'--out {out} would write over the source; name another file or folder')
    if path.is_dir() and not out.is_dir():
        if out.is_file() or out.suffix.lower() in SUFFIXES | VIDEO_SUFFIXES:
            raise ValueError(
                f'--out {out}: the source is a folder, so that many images are drawn; name a '
                'folder, not a file'
            )
    if is_video(source) and (out.is_dir() or not _is_video_name(out)):
        raise ValueError(f'--out {out}: the source is a video; name a .mp4 or .avi file')
    if path.is_file() and not is_video(source) and target is out and not can_write(out):
        raise ValueError(f'--out {out}: cannot be written; name a .jpg or .png file, or a folder')


def check_report(option: str, file: str, source: str, out: Path | None) -> None:
    """Refuse to write a report over the source, an image, a video or what is drawn.

    Raises:
        ValueError: If ``file``, the value of ``option``, is one of these.
    """
    path = Path(file)
    is_source = path.exists() and Path(source).exists() and _same(path, Path(source))
    if is_source or may_be_image(path) or (path.is_file() and _is_video_name(path)):
        raise ValueError(
            f'{option} {file} would write over an image or a video; name another file '
            f'({option} stands after the source, or with a file of its own)'
        )
    if out is not None and path.resolve() == out.resolve():
        raise ValueError(f'{option} and --out both go to {file}; name two files')


def _is_drawn(file: Path) -> bool:
    """Whether it is what ``default_out`` made of another image of the folder."""
    return file.stem.endswith(DRAWN) and any(file.parent.glob(f'{file.stem[: -len(DRAWN)]}.*'))


def _is_video_name(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES


def _same(first: Path, second: Path) -> bool:
    return first.exists() and first.samefile(second)
