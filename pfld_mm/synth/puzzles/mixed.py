from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pfld_mm.synth.puzzles.puzzle import Puzzle


class MixedPuzzles:
    """Puzzles of several generators, for example many of the common kind and some of every kind.

    Args:
        generators: Objects, or their configs, with ``generator[i]``.
        probs: How often each is drawn; they add up to 1.

    Raises:
        ValueError: If there is not one probability for each generator, or they do not add up to 1.

    Example:
        >>> from pfld_mm.synth.puzzles.generator import PuzzleGenerator
        >>> plain = PuzzleGenerator(decoys=0, turned=0.0, shapes=('jigsaw',))
        >>> puzzle = MixedPuzzles([plain, PuzzleGenerator()], probs=(0.7, 0.3))[5]
    """

    def __init__(self, generators: Sequence[dict | Any], probs: Sequence[float]) -> None:
        if len(probs) != len(generators) or min(probs) < 0 or abs(sum(probs) - 1) > 1e-6:
            raise ValueError(
                f'{len(generators)} generators need as many probs that add up to 1, found {probs}'
            )
        self.generators = list(generators)
        for number, generator in enumerate(self.generators):
            if isinstance(generator, dict):
                from mmpose.registry import DATASETS  # puzzles can be drawn without mmpose

                self.generators[number] = DATASETS.build(generator)
        self.probs = tuple(probs)

    def __getitem__(self, index: int) -> Puzzle:
        chosen = np.random.default_rng(index).choice(len(self.generators), p=self.probs)
        return self.generators[chosen][index]
