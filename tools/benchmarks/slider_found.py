"""How often the slider's locator answers where there is no answer, and not where there is one.

``python tools/benchmarks/slider_found.py [--photos FOLDER] [--count 300] [--seed 7]``

Draws puzzles of four kinds and asks `SliderLocator` whether it found a pair of piece and gap. Of
images without piece, gap or both, these are false answers. Of whole puzzles, what is missing to
100 % was lost; the first column counts only those whose answer is right, within 5 pixels.
``--limits`` prints all for other thresholds of the match logit (`CascadeParams.min_found_logit`);
choose one with another seed than the one reported.
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
RIGHT = 5.0
"""Pixels of the image, on both axes, of gap and piece."""


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Puzzles that have no answer')
    parser.add_argument('--model', default='litehrnet18_fast_slider')
    parser.add_argument('--photos', help='folder of background photos (default: drawn scenes)')
    parser.add_argument('--count', type=int, default=300, help='images of each kind')
    parser.add_argument('--seed', type=int, default=7)
    parser.add_argument('--limits', type=float, nargs='*', default=[], help='other thresholds')
    return parser.parse_args()


def ask(
    locator: SliderLocator, generator: PuzzleGenerator, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of each image the pair's logit, minus infinity without one, and whether the best guess is
    right; both (count,).
    """
    logits, right = np.full(count, -np.inf), np.zeros(count, bool)
    for index in range(count):
        puzzle = generator[index]
        box = locator.preprocess(puzzle.image)
        guess = locator.inference(box)
        if guess.match_logit is not None:
            logits[index] = guess.match_logit
        if puzzle.gap is not None and puzzle.piece is not None:
            # a puzzle's centers count from the image's corner
            truth = np.array([puzzle.gap, puzzle.piece]) - 0.5
            right[index] = np.abs(box.to_image(guess.points) - truth).max() <= RIGHT
    return logits, right


def main() -> None:
    """Measure and print."""
    args = parse_args()
    locator = SliderLocator(args.model)
    own_limit = locator.cascade.params.min_found_logit
    logits = {}
    for kind, options in KINDS.items():
        generator = PuzzleGenerator(args.photos, args.seed, **options)
        logits[kind], right = ask(locator, generator, args.count)
        if kind == WHOLE and right.any():
            logits = {'right answers': logits[kind][right], **logits}
    print(f'{args.count} drawn images of each kind, seed {args.seed}; answered, %')
    print(f'{"least logit":>12}' + ''.join(f'{kind:>16}' for kind in logits))
    for limit in sorted({own_limit, *args.limits}):
        ratios = ''.join(f'{100 * (logits[kind] >= limit).mean():>16.1f}' for kind in logits)
        print(f'{limit:>12g}{ratios}' + (" (the model's)" if limit == own_limit else ''))


if __name__ == '__main__':
    main()
