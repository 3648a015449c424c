"""How often the slider's locator answers where there is no answer, and not where there is one.

``python tools/benchmarks/slider_found.py [--photos FOLDER] [--count 300] [--seed 7]``

Draws puzzles of four kinds and asks `SliderLocator` whether it found a pair of piece and gap. Of
images without piece, gap or both, the false answers are counted; of whole puzzles, those that
were lost. ``--limits`` prints both for other thresholds of the match logit
(`CascadeParams.min_found_logit`); choose one with another seed than the one reported.
"""

import argparse
import os

os.environ.setdefault('OMP_NUM_THREADS', '1')

import numpy as np

from pfld_mm.runtime import SliderLocator
from pfld_mm.synth.puzzles.generator import PuzzleGenerator

WHOLE = 'piece and gap'
KINDS = {
    WHOLE: dict(piece=1.0, gap=1.0),
    'neither': dict(piece=0.0, gap=0.0),
    'gap, no piece': dict(piece=0.0, gap=1.0),
    'piece, no gap': dict(piece=1.0, gap=0.0),
}
"""Options of `PuzzleGenerator`."""


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Puzzles that have no answer')
    parser.add_argument('--model', default='litehrnet18_fast_slider')
    parser.add_argument('--photos', help='folder of background photos (default: drawn scenes)')
    parser.add_argument('--count', type=int, default=300, help='images of each kind')
    parser.add_argument('--seed', type=int, default=7)
    parser.add_argument('--limits', type=float, nargs='*', default=[], help='other thresholds')
    return parser.parse_args()


def match_logits(locator: SliderLocator, generator: PuzzleGenerator, count: int) -> np.ndarray:
    """The best pair's logit of each image (count,); minus infinity where there is no pair."""
    logits = [locator(generator[index].image).match_logit for index in range(count)]
    return np.array([-np.inf if one is None else one for one in logits])


def main() -> None:
    """Measure and print."""
    args = parse_args()
    locator = SliderLocator(args.model)
    own_limit = locator.cascade.params.min_found_logit
    logits = {}
    for kind, options in KINDS.items():
        generator = PuzzleGenerator(args.photos, args.seed, **options)
        logits[kind] = match_logits(locator, generator, args.count)
    print(f'{args.count} drawn images of each kind, seed {args.seed}; answered, %')
    print(f'{"least logit":>12}' + ''.join(f'{kind:>16}' for kind in KINDS))
    for limit in sorted({own_limit, *args.limits}):
        ratios = ''.join(f'{100 * (logits[kind] >= limit).mean():>16.1f}' for kind in KINDS)
        print(f'{limit:>12g}{ratios}' + (" (the model's)" if limit == own_limit else ''))


if __name__ == '__main__':
    main()
