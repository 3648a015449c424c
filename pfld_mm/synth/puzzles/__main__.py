"""Slider puzzles with exact labels, from the command line.

`python -m pfld_mm.synth.puzzles OUT --count 1000 [--photos DIR] [--sheet sheet.jpg]`
"""

from __future__ import annotations

import argparse
import time

import cv2

from pfld_mm.synth.puzzles.generator import PuzzleGenerator
from pfld_mm.synth.puzzles.sheet import contact_sheet
from pfld_mm.synth.puzzles.writer import write_puzzles


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m pfld_mm.synth.puzzles', description='Generate slider puzzles with labels.'
    )
    parser.add_argument('out', nargs='?', help='folder for the images and labels.csv')
    parser.add_argument('--count', type=int, default=1000, help='number of puzzles (1000)')
    parser.add_argument('--photos', help='folder of background photos (procedural without)')
    parser.add_argument('--seed', type=int, default=0, help='names the sequence (0)')
    parser.add_argument('--piece', type=float, default=0.9, help='probability of a piece (0.9)')
    parser.add_argument('--gap', type=float, default=1.0, help='probability of a gap (1)')
    parser.add_argument('--workers', type=int, default=1, help='processes (1)')
    parser.add_argument('--sheet', help='also save a contact sheet of the first 32 here')
    options = parser.parse_args(arguments)
    if options.out is None and options.sheet is None:
        parser.error('give a folder to write to, or --sheet FILE')
    return options


def main(arguments: list[str] | None = None) -> None:
    """Write puzzles, a contact sheet, or both; see `--help`."""
    options = _arguments(arguments)
    try:
        _run(options)
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error


def _run(options: argparse.Namespace) -> None:
    if options.out is not None:
        start = time.perf_counter()
        labels = write_puzzles(
            options.out,
            options.count,
            options.seed,
            options.photos,
            options.workers,
            piece=options.piece,
            gap=options.gap,
        )
        seconds = time.perf_counter() - start
        rate = options.count / seconds
        print(f'{options.count} puzzles in {seconds:.1f} s ({rate:.0f}/s): {labels}')
    if options.sheet is not None:
        generator = PuzzleGenerator(
            options.photos, options.seed, piece=options.piece, gap=options.gap
        )
        sheet = contact_sheet([generator[i] for i in range(min(32, options.count))])
        try:
            written = cv2.imwrite(options.sheet, sheet)
        except cv2.error:
            written = False
        if not written:
            raise OSError(f'cannot write {options.sheet}: is the folder there, the suffix known?')
        print(f'contact sheet: {options.sheet}')


if __name__ == '__main__':
    main()
