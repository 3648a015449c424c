"""Labels of a labelling tool as a data set with its config.

``python -m pfld_mm.datasets.readers FILE_OR_FOLDER --out data/mine``
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pfld_mm
from pfld_mm.datasets.readers.contact_sheet import write_contact_sheet
from pfld_mm.datasets.readers.formats import KNOWN, read_labels
from pfld_mm.datasets.readers.label_set import LabelSet
from pfld_mm.datasets.readers.mirror_and_norm import Mirror, find_mirror, norm_pair
from pfld_mm.datasets.readers.pts_tree import write_pts_tree
from pfld_mm.datasets.readers.ready_config import ReadyConfig
from pfld_mm.datasets.readers.usable import only_usable

BASE = Path(pfld_mm.__file__).parents[1] / 'configs' / 'pfld_ghostone_300w.py'


def read_command_line(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m pfld_mm.datasets.readers',
        description='Labels of a labelling tool as a data set with its config.',
    )
    parser.add_argument('labels', type=Path, help=f'file or folder: {KNOWN}')
    parser.add_argument('--out', type=Path, required=True, help='new folder for the data set')
    parser.add_argument('--images', type=Path, help='folder of the images (default: of the labels)')
    parser.add_argument('--category', help='of a COCO file that has several with points')
    parser.add_argument('--names', help='the points in the order you want: nose,left_eye,...')
    parser.add_argument('--flip-pairs', help='points that swap in a mirror: 0-1,3-4, or none')
    parser.add_argument('--one-based', action='store_true', help='the first pixel is (1, 1)')
    parser.add_argument('--test', type=float, default=0.1, help='fraction of images for testing')
    parser.add_argument('--base', type=Path, default=BASE, help='config to inherit')
    return parser.parse_args(words)


def convert(args: argparse.Namespace) -> str:
    """Read, write the data set, and return the report.

    Raises:
        OSError: If something cannot be read or written.
        ValueError: If the labels or the arguments are wrong.
    """
    if args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir())):
        raise ValueError(f'--out: {args.out} is there already and not empty; name a new folder')
    if not 0 < args.test < 1:
        raise ValueError(f'--test: expected a fraction between 0 and 1, found {args.test:g}')
    if not args.base.is_file():
        raise ValueError(f'--base: {args.base} does not exist; name a config of this package')
    if args.base.suffix != '.py':
        raise ValueError(f'--base: expected a config (.py), found {args.base}; name one of those')
    labels = read_labels(args.labels, args.images, args.category)
    if args.one_based:
        moved = (replace(item, points=item.points - 1) for item in labels.objects)
        labels = replace(labels, objects=tuple(moved))
    if args.names:
        labels = labels.ordered(tuple(name.strip() for name in args.names.split(',')))
    labels = only_usable(labels)
    mirror = find_mirror(labels, args.flip_pairs)
    norm = norm_pair(labels, mirror.pairs)
    counts = write_pts_tree(labels, args.out, args.test)
    name = args.out.resolve().name
    config = ReadyConfig(name, args.base.resolve(), mirror.pairs, norm, counts['train'])
    config.write(args.out.resolve() / 'config.py', labels)
    write_contact_sheet(labels, args.out / 'contact_sheet.jpg')
    report = _report(args, labels, mirror, norm, counts)
    (args.out / 'report.txt').write_text(report, encoding='utf-8')
    return report


def _report(
    args: argparse.Namespace,
    labels: LabelSet,
    mirror: Mirror,
    norm: tuple[int, int] | None,
    counts: dict[str, int],
) -> str:
    names = labels.names
    flags = [int(flag) for item in labels.objects for flag in item.visibility]
    pairs = ', '.join(f'{names[a]} - {names[b]}' for a, b in mirror.pairs or ())
    by = (
        'the size of the box'
        if norm is None
        else f'the distance {names[norm[0]]} - {names[norm[1]]}'
    )
    lines = [
        f'{args.labels}: {labels.format}, {len(names)} points an object',
        f'{counts["train"]} objects to train, {counts["test"]} to test, by image',
        f'coordinates: as written{", less 1 (--one-based)" if args.one_based else ""}',
        'points: ' + ', '.join(f'{i} {name}' for i, name in enumerate(names)),
        f'marked {flags.count(2)}, hidden {flags.count(1)} (half the weight), '
        f'not marked {flags.count(0)} (not learnt)',
        f'flip pairs {mirror.said}{": " + pairs if pairs else ""}',
        'box of an object: around its points; boxes of the file are not used',
        f'errors are divided by {by}',
        f'left out: {len(labels.left_out)}',
        *(f'  {reason}' for reason in labels.left_out),
    ]
    return _unicode('\n'.join(lines) + '\n')


def _unicode(text: str) -> str:
    """A text that can be written; the name of a file may be no UTF-8."""
    return text.encode('utf-8', 'backslashreplace').decode()


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; 0, or 1 with one sentence of what is wrong."""
    args = read_command_line(words)
    try:
        report = convert(args)
    except (OSError, ValueError) as error:
        print(f'readers: {error}', file=sys.stderr)
        return 1
    print(report, end='')
    paths = (args.out / name for name in ('contact_sheet.jpg', 'config.py'))
    sheet, config = (_unicode(shlex.quote(str(path))) for path in paths)
    print(f'Look at {sheet}, then:\n  python tools/train.py {config}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
