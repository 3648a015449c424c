"""Writes synthetic faces as a tree of WFLW's own form.

OUT/WFLW_images/<folder>/<name>.jpg
OUT/WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_{train,test}.txt
OUT/euler_{train,test}.txt  yaw pitch roll in radians, line i belongs to line i of the list
OUT/openness_{train,test}.txt  right and left eye, 1 = open, 0 = shut, lines likewise
OUT/manifest.json           what was asked for; written last
"""

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import SPLITS, sample_face

_MANIFEST = 'manifest.json'
_UNFINISHED = 'manifest.unfinished.json'
_GENERATOR = 'pfld_mm.synth.faces'
_VERSION = 2
"""Raise it when the same request gives other images: older trees are then refused."""

_LISTS = Path('WFLW_annotations', 'list_98pt_rect_attr_train_test')
_CHUNK = 50
_FACES_PER_FOLDER = 1000
_JPEG_QUALITY = 92


def image_name(split: str, index: int) -> str:
    """Path of an image below WFLW_images, as the lists name it."""
    return f'{split}--{index // _FACES_PER_FOLDER:03d}/face_{index:06d}.jpg'


def wflw_line(points: np.ndarray, attributes: tuple[int, ...], name: str) -> str:
    """A line of WFLW's lists: 196 coordinates, x_min y_min x_max y_max, 6 attributes, image.

    The box is the bounding box of the points, rounded outwards to whole pixels.
    """
    box = np.concatenate([np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))]).astype(int)
    coordinates = ' '.join(f'{value:.6f}' for value in points.ravel().tolist())
    numbers = ' '.join(str(value) for value in (*box.tolist(), *attributes))
    return f'{coordinates} {numbers} {name}'


_Job = tuple[str, int, str, int, int, float | None]


def _write_chunk(job: _Job) -> list[tuple[str, str, str]]:
    """Write the images first..last of a split, return their lines (list, angles, openness)."""
    out, seed, split, first, last, closed_ratio = job
    lines = []
    for index in range(first, last):
        params = sample_face(seed, split, index, closed_ratio=closed_ratio)
        image, points = render_face(params)
        name = image_name(split, index)
        path = Path(out, 'WFLW_images', name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]):
            raise OSError(f'synthetic faces: cannot write {path}: is the disk full or read-only?')
        euler = ' '.join(f'{angle:.9f}' for angle in params.euler)
        openness = ' '.join(f'{1 - closure:.6f}' for closure in params.expression.eye_closures)
        lines.append((wflw_line(points, params.attributes, name), euler, openness))
    return lines


def _use_one_thread() -> None:
    cv2.setNumThreads(1)


def _run(jobs: list[_Job], workers: int) -> list[list[tuple[str, str, str]]]:
    if workers <= 1:
        return [_write_chunk(job) for job in jobs]
    # spawn: a fork of a process that has threads (torch, OpenCV) may hang
    context = get_context('spawn')
    with ProcessPoolExecutor(workers, context, initializer=_use_one_thread) as pool:
        return list(pool.map(_write_chunk, jobs))


def _is_done(out: Path, request: dict[str, str | int]) -> bool:
    """Whether OUT already holds the request.

    Raises:
        FileExistsError: OUT holds something else.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    for name in (_MANIFEST, _UNFINISHED):
        if (out / name).is_file():
            found = _read_json(out / name)
            if found == request:
                return name == _MANIFEST
            raise FileExistsError(
                f'synthetic faces: {out / name} is of another request.\n'
                f'  wanted: {request}\n  found:  {found}\nDelete the folder or name another one.'
            )
    raise FileExistsError(
        f'synthetic faces: {out} exists, is not empty and has no {_MANIFEST} of this generator. '
        'Nothing was touched: name another folder.'
    )


def _read_json(path: Path) -> object:
    """Content of a JSON file, or its text where it is not JSON."""
    text = path.read_text(encoding='utf-8', errors='replace')
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def write_wflw_tree(
    out: str | Path,
    num_train: int,
    num_test: int,
    seed: int = 0,
    workers: int = 1,
    closed_ratio: float | None = None,
) -> Path:
    """Write the tree; does nothing where OUT already holds the same request.

    Image i of a split depends on (seed, split, i) only. A run that was cut off goes on from the
    start in the same folder.

    Args:
        out: Folder to write, new, empty or of the same request.
        num_train: Number of training faces, one an image.
        num_test: Number of test faces.
        seed: Not negative.
        workers: Number of processes.
        closed_ratio: Part of the faces with a closed eye, see `sample_face`.

    Returns:
        The folder.

    Raises:
        ValueError: A number is negative.
        FileExistsError: OUT holds something else.
    """
    out = Path(out)
    counts = dict(zip(SPLITS, (num_train, num_test), strict=True))
    if min(num_train, num_test, seed) < 0:
        raise ValueError(f'synthetic faces: negative number in {counts}, seed={seed}')
    request = {'generator': _GENERATOR, 'version': _VERSION, 'seed': seed, **counts}
    if closed_ratio is not None:
        request['closed_ratio'] = closed_ratio
    if _is_done(out, request):
        return out
    (out / _LISTS).mkdir(parents=True, exist_ok=True)
    (out / _UNFINISHED).write_text(json.dumps(request, indent=2) + '\n', encoding='utf-8')
    for split, count in counts.items():
        jobs = [
            (str(out), seed, split, first, min(first + _CHUNK, count), closed_ratio)
            for first in range(0, count, _CHUNK)
        ]
        lines = [line for chunk in _run(jobs, workers) for line in chunk]
        _write_lines(out / _LISTS / f'list_98pt_rect_attr_{split}.txt', [line[0] for line in lines])
        _write_lines(out / f'euler_{split}.txt', [line[1] for line in lines])
        _write_lines(out / f'openness_{split}.txt', [line[2] for line in lines])
    (out / _UNFINISHED).rename(out / _MANIFEST)
    return out


def _write_lines(path: Path, lines: list[str]) -> None:
    path.write_text(''.join(f'{line}\n' for line in lines), encoding='utf-8')
