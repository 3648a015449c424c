"""Synthetic faces from the command line.

    python -m pfld_mm.synth.faces OUT --train 2000 --test 200 --seed 0 --workers 2
    python -m pfld_mm.synth.faces --sheet sheet.jpg

The first writes a tree of WFLW's own form (see `wflw_tree`), the second a contact sheet.
"""

import argparse
import sys
import time

import cv2

from pfld_mm.synth.faces.contact_sheet import contact_sheet
from pfld_mm.synth.faces.wflw_tree import write_wflw_tree


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog='python -m pfld_mm.synth.faces',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('out', nargs='?', help='folder to write')
    parser.add_argument('--train', type=int, default=2000, help='training faces')
    parser.add_argument('--test', type=int, default=200, help='test faces')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--workers', type=int, default=1, help='processes')
    parser.add_argument(
        '--closed-ratio', type=float, help='part of the faces with a closed or nearly closed eye'
    )
    parser.add_argument('--sheet', help='image to write: 64 faces with their points')
    options = parser.parse_args(arguments)
    if options.out is None and options.sheet is None:
        parser.error('name a folder to write, or --sheet IMAGE')
    try:
        if options.sheet and not cv2.imwrite(
            options.sheet, contact_sheet(options.seed, closed_ratio=options.closed_ratio)
        ):
            raise OSError(f'synthetic faces: cannot write {options.sheet}')
        if options.out:
            start = time.perf_counter()
            out = write_wflw_tree(
                options.out,
                options.train,
                options.test,
                options.seed,
                options.workers,
                options.closed_ratio,
            )
            seconds = time.perf_counter() - start
            print(f'{options.train} + {options.test} synthetic faces in {out} ({seconds:.1f} s)')
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
