from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pfld_mm.synth.puzzles.puzzle import Puzzle


class MixedPuzzles:
    """Puzzles of several generators: mostly common ones, say, and some of every kind.

    Args:
        generators: Objects, or their configs, with ``generator[i]``.
        shares: How often each is drawn; they add up to 1.

    Raises:
        ValueError: If there is not one share for each generator, or they do not add up to 1.

    Example:
        >>> from pfld_mm.synth.puzzles.generator import PuzzleGenerator
        >>> plain = PuzzleGenerator(decoys=0, turned=0.0, shapes=('jigsaw',))
        >>> puzzle = MixedPuzzles([plain, PuzzleGenerator()], shares=(0.7, 0.3))[5]
    """

    def __init__(self, generators: Sequence[dict | Any], shares: Sequence[float]) -> None:
        if len(shares) != len(generators) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
            raise ValueError(
                f'{len(generators)} generators need as many shares that add up to 1, found {shares}'
            )
        self.generators = list(generators)
        for number, generator in enumerate(self.generators):
            if isinstance(generator, dict):
                from mmpose.registry import DATASETS  # puzzles can be drawn without mmpose

                self.generators[number] = DATASETS.build(generator)
        self.shares = tuple(shares)

    def __getitem__(self, index: int) -> Puzzle:
        chosen = np.random.default_rng(index).choice(len(self.generators), p=self.shares)
        return self.generators[chosen][index]
