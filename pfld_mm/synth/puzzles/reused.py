from __future__ import annotations

from collections import OrderedDict
from typing import Any

from pfld_mm.synth.puzzles.puzzle import Puzzle


class ReusedPuzzles:
    """Show each puzzle several times, some way apart, but draw it once.

    Drawing takes about as long as a training step of the fast form. Where the loader's workers
    have no cores of their own, random crops of puzzles already drawn leave more of them to
    training.

    Puzzle i of this is puzzle ``i // (uses * window) * window + i % window`` of the generator:
    the order does not depend on what is remembered.

    Args:
        generator: An object, or its config, with ``generator[i]``.
        uses: How often each puzzle is shown.
        window: How many puzzles pass before one comes again, and are remembered. With several
            loader workers, a multiple of workers x batch size: each remembers its own.

    Raises:
        ValueError: If ``uses`` or ``window`` is not positive.

    Example:
        >>> from pfld_mm.synth.puzzles.generator import PuzzleGenerator
        >>> puzzles = ReusedPuzzles(PuzzleGenerator(seed=1), uses=3, window=2)
        >>> puzzles[0] is puzzles[2]
        True
    """

    def __init__(self, generator: dict | Any, uses: int = 3, window: int = 256) -> None:
        if uses < 1 or window < 1:
            raise ValueError(f'uses and window must be positive, found {uses} and {window}')
        if isinstance(generator, dict):
            from mmpose.registry import DATASETS  # puzzles can be drawn without mmpose

            generator = DATASETS.build(generator)
        self.generator = generator
        self.uses = uses
        self.window = window
        self._recent: OrderedDict[int, Puzzle] = OrderedDict()

    def __getitem__(self, index: int) -> Puzzle:
        number = index // (self.uses * self.window) * self.window + index % self.window
        if number not in self._recent:
            self._recent[number] = self.generator[number]
            if len(self._recent) > self.window:
                self._recent.popitem(last=False)
        return self._recent[number]
