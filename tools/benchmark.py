"""Measure exported models: ``python tools/benchmark.py DIR [--vs other.onnx]``.

All forms in the folder run in one process, interleaved, so that other load affects them alike. The
ratios, which are medians over pairs, are more reliable than the milliseconds.
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from _common import check_ending, quiet_openmp, whole_number

quiet_openmp()

COLUMNS = 'form threads batch median p10 p90 cpu speedup cpu-speedup'.split()


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Latency of exported models')
    parser.add_argument('folder', help='folder that tools/deploy.py wrote, or an ONNX file')
    parser.add_argument('--vs', help='another ONNX file, what the forms are compared with')
    parser.add_argument(
        '--threads', nargs='+', type=whole_number(0), default=[1, 0], help='0 means all'
    )
    parser.add_argument('--batches', nargs='+', type=whole_number(1), default=[1, 8])
    parser.add_argument('--rounds', type=whole_number(1), default=100)
    parser.add_argument('--out', help='file for the figures (.json)')
    return parser.parse_args()


def print_tables(sizes: dict[str, dict], rows: list[dict]) -> None:
    """What the forms are, and how long they take."""
    print(f'{"form":24}{"nodes":>8}{"parameters":>12}{"MMAC":>9}{"unpadded":>10}{"kB":>9}')
    for name, size in sizes.items():
        macs = f'{size["macs"] / 1e6:.1f}' if 'macs' in size else '-'
        needed = f'{size["needed_macs"] / 1e6:.1f}' if 'needed_macs' in size else '-'
        counts = f'{size.get("nodes", "-"):>8}{size.get("parameters", "-"):>12}'
        print(f'{name:24}{counts}{macs:>9}{needed:>10}{size["bytes"] / 1e3:>9.0f}')
    print('\n' + f'{COLUMNS[0]:24}' + ''.join(f'{c:>12}' for c in COLUMNS[1:]) + '   (ms; ratios)')
    for row in rows:
        times = [row[f'{key}_ms'] for key in ('median', 'p10', 'p90', 'cpu')]
        figures = ''.join(f'{t:12.3f}' for t in times)
        figures += f'{row["speedup"]:12.2f}{row["cpu_speedup"]:12.2f}'
        print(f'{row["form"]:24}{row["threads"]:12}{row["batch"]:12}{figures}')


def main() -> None:
    """Measure, print, write."""
    args = parse_args()
    check_ending(args.out, '--out', ('.json',))
    from pfld_mm.deploy.benchmark import benchmark, find_forms

    try:
        forms = find_forms(Path(args.folder))
        if args.vs:
            forms.insert(0, replace(find_forms(Path(args.vs))[0], name='onnxruntime_vs'))
        sizes = {form.name: form.size() for form in forms}
        rows = benchmark(forms, args.threads, args.batches, args.rounds)
    except (ImportError, OSError, ValueError) as error:
        print(f'benchmark.py: {error}', file=sys.stderr)
        sys.exit(1)
    print_tables(sizes, rows)
    if args.out:
        Path(args.out).write_text(json.dumps(dict(sizes=sizes, latency=rows), indent=1) + '\n')


if __name__ == '__main__':
    main()
