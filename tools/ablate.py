"""Compare recipes: ``tools/ablate.py BASE_CONFIG CONFIG... --seeds 0 1 --work-dir D --out T.md``.

Trains every config with every seed, one after another, measures each on its validation part when
it ends (by the averaged weights, if the config averages), and writes a table of the differences to
the first config. What is finished is skipped, what was interrupted goes on: repeat the command.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from _common import quiet_openmp

quiet_openmp()

import numpy as np  # noqa: E402
from mmengine.config import Config  # noqa: E402

TRAIN = Path(__file__).with_name('train.py')
Errors = dict[tuple[str, int], float]


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('configs', type=Path, nargs='+', help='the first is the base')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1])
    parser.add_argument('--longer', type=int, default=1, help='factor of every max_epochs')
    parser.add_argument('--work-dir', type=Path, required=True, help='a folder for all runs')
    parser.add_argument('--out', type=Path, help='file for the table (.md), else it is printed')
    parser.add_argument('--cfg-options', nargs='+', default=[], help='as of train.py, for all')
    return parser.parse_args()


class Recipe:
    """A config, its runs, and what they measured.

    Args:
        path: The config; its first line, a comment, says what it changes.
        work_dir: Folder of all recipes' runs.
        options: ``key=value`` for train.py.
        longer: Factor of the config's epochs.
    """

    def __init__(self, path: Path, work_dir: Path, options: list[str], longer: int = 1) -> None:
        self.path = path
        self.folder = work_dir / path.stem
        first = path.read_text(encoding='utf-8').splitlines()[0]
        self.change = first.lstrip('# ') if first.startswith('#') else path.stem
        cfg = Config.fromfile(path)
        self.options = [f'train_cfg.max_epochs={longer * cfg.train_cfg.max_epochs}', *options]
        evaluators = cfg.val_evaluator
        if isinstance(evaluators, dict):
            self.keys = {evaluators.get('prefix') or 'all': 'val_evaluator'}
        else:
            named = enumerate(evaluators)
            self.keys = {e.get('prefix') or 'all': f'val_evaluator.{i}' for i, e in named}

    def report(self, seed: int, part: str) -> Path:
        """Where a run writes the figures of a part."""
        return self.folder / f'seed_{seed}' / part / 'face_nme.json'

    def train(self, seed: int) -> bool:
        """Train with a seed, or go on, unless that is done; returns whether it is."""
        reports = {part: self.report(seed, part) for part in self.keys}
        if not all(report.exists() for report in reports.values()):
            options = [f'{self.keys[p]}.out_dir={reports[p].parent}' for p in self.keys]
            options += [f'randomness.seed={seed}', *self.options]
            print(f'== {self.path.stem}, seed {seed}', flush=True)
            folder = self.folder / f'seed_{seed}'
            command = [sys.executable, TRAIN, self.path, '--work-dir', folder, '--resume']
            process = subprocess.Popen([*command, '--cfg-options', *options])
            try:
                stopped = process.wait() == 130
            except KeyboardInterrupt:  # train.py has got it, too, and saves its state
                stopped = process.wait() != 0
            if stopped:
                sys.exit(130)
        return all(report.exists() for report in reports.values())

    def errors(self, seed: int, part: str) -> Errors:
        """The error of each face, as a fraction, by picture and number."""
        report = json.loads(self.report(seed, part).read_text(encoding='utf-8'))
        return {(face['picture'], face['id']): face['error'] for face in report['faces']}


def paired_difference(runs: list[Errors], base_runs: list[Errors]) -> tuple[float, float]:
    """Mean difference of the faces' errors, each averaged over the runs, and its standard error.

    Raises:
        ValueError: If the runs did not measure the same faces.
    """
    faces = list(base_runs[0])
    if any(run.keys() != base_runs[0].keys() for run in runs + base_runs):
        raise ValueError('the runs have measured different faces: is `part` the same in all?')
    one, two = (
        np.mean([[run[face] for face in faces] for run in group], 0) for group in (runs, base_runs)
    )
    difference = one - two
    return float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(faces)))


def cells(recipe: Recipe, base: Recipe, seeds: list[int], part: str) -> list[str]:
    """The two cells of a part: NME in percent, and the difference to the base."""
    if part not in recipe.keys:
        return ['', '']
    runs = [recipe.errors(seed, part) for seed in seeds]
    means = [100 * np.mean(list(run.values())) for run in runs]
    nme = f'{np.mean(means):.2f} ({", ".join(f"{mean:.2f}" for mean in means)})'
    if recipe is base:
        return [nme, '']
    base_runs = [base.errors(seed, part) for seed in seeds]
    difference, error = paired_difference(runs, base_runs)
    return [nme, f'{100 * difference:+.2f} ± {100 * error:.2f}']


def table(recipes: list[Recipe], seeds: list[int], failed: set[Recipe]) -> str:
    """The table in Markdown; the first recipe is the base."""
    base = recipes[0]
    faces = {part: len(base.errors(seeds[0], part)) for part in base.keys}
    head = ['change']
    for part in base.keys:
        head += [f'{part}: NME % (seeds)', f'{part}: difference']
    lines = [head, ['---'] * len(head)]
    for recipe in recipes:
        parts = [''] * (len(head) - 1)
        if recipe in failed:
            parts[0] = 'failed'
        else:
            parts = [cell for part in base.keys for cell in cells(recipe, base, seeds, part)]
        lines.append([f'{recipe.change} (`{recipe.path.stem}`)', *parts])
    rows = '\n'.join(f'| {" | ".join(line)} |' for line in lines)
    counts = ', '.join(f'{count} faces ({part})' for part, count in faces.items())
    return (
        f'{rows}\n\nMeasured on {counts} of the held-out part; mean over the seeds '
        f'{", ".join(map(str, seeds))}. The difference is to `{base.path.stem}`, paired by face '
        '(each averaged over the seeds first), ± its standard error over the faces; what another '
        'seed changes, the brackets show.\n'
    )


def main() -> None:
    """Train all, write the table."""
    args = parse_args()
    recipes = [Recipe(path, args.work_dir, args.cfg_options, args.longer) for path in args.configs]
    failed: set[Recipe] = set()
    for count, seed in enumerate(args.seeds, 1):  # a first table after the first seed
        failed |= {recipe for recipe in recipes if not recipe.train(seed)}
        if recipes[0] in failed:
            sys.exit(f'{args.configs[0]} failed: there is nothing to compare with')
        text = table(recipes, args.seeds[:count], failed)
        if args.out is not None:
            args.out.parent.mkdir(parents=True, exist_ok=True)
            args.out.write_text(text, encoding='utf-8')
    print(text if args.out is None else args.out)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
