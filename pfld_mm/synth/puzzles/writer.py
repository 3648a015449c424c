"""Writes generated puzzles with their labels to a folder."""

from __future__ import annotations

import csv
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2

from pfld_mm.synth.puzzles.generator import PuzzleGenerator
from pfld_mm.synth.puzzles.puzzle import Puzzle

COLUMNS = ('image', 'gap_x', 'gap_y', 'piece_x', 'piece_y', 'angle_deg', 'decoys')
LABELS = 'labels.csv'


def write_puzzles(
    out: str | Path,
    count: int,
    seed: int = 0,
    photos: str | Path | None = None,
    workers: int = 1,
    **options,
) -> Path:
    """Write images `000000.jpg`... and `labels.csv` into a folder.

    Columns: image, gap_x, gap_y, piece_x, piece_y, angle_deg, decoys (`x y;x y`); what is absent
    is empty. Coordinates as in `Puzzle`, in px. The files do not depend on `workers`.

    Args:
        out: Folder, made where missing; must not hold labels already.
        count: Number of puzzles.
        seed: Names the sequence.
        photos: Folder of background photos, None for procedural scenes.
        workers: Processes to draw with; 1 draws in this one.
        **options: Fields of `PuzzleOptions`.

    Returns:
        The path of the label file.

    Raises:
        FileExistsError: `out` holds a label file.
        FileNotFoundError: `photos` is not a folder or holds no image.
        OSError: An image could not be written.
        ValueError: `count` or `workers` is below 1, or an option is out of range.
    """
    if count < 1 or workers < 1:
        raise ValueError(f'count and workers must be >= 1, got {count} and {workers}')
    generator, folder = PuzzleGenerator(photos, seed, **options), Path(out)
    labels = folder / LABELS
    if labels.exists():
        raise FileExistsError(f'{labels} exists: choose another folder or remove it')
    folder.mkdir(parents=True, exist_ok=True)
    write = partial(_write_one, folder)
    if workers == 1:
        rows = [write(index, generator) for index in range(count)]
    else:
        # spawn: a forked child may inherit a locked thread pool from OpenCV or torch.
        context, start = get_context('spawn'), partial(_start_worker, generator)
        with ProcessPoolExecutor(workers, context, initializer=start) as pool:
            rows = list(pool.map(write, range(count), chunksize=16))
    with labels.open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return labels


def label_row(image: str, puzzle: Puzzle) -> list[str]:
    """The puzzle's line of the label file, in the order of `COLUMNS`."""
    decoys = ';'.join(f'{x:.3f} {y:.3f}' for x, y in puzzle.decoys)
    places = [
        cell
        for point in (puzzle.gap, puzzle.piece)
        for cell in (['', ''] if point is None else [f'{v:.3f}' for v in point])
    ]
    angle = '' if puzzle.angle_deg is None else f'{puzzle.angle_deg:.4f}'
    return [image, *places, angle, decoys]


_worker_generator: PuzzleGenerator | None = None


def _start_worker(generator: PuzzleGenerator) -> None:
    global _worker_generator
    cv2.setNumThreads(1)
    _worker_generator = generator


def _write_one(folder: Path, index: int, generator: PuzzleGenerator | None = None) -> list[str]:
    puzzle = (generator or _worker_generator)[index]
    name = f'{index:06d}.jpg'
    if not cv2.imwrite(str(folder / name), puzzle.image, [cv2.IMWRITE_JPEG_QUALITY, 95]):
        raise OSError(f'cannot write {folder / name}')
    return label_row(name, puzzle)
