"""An endless, reproducible sequence of puzzles."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pfld_mm.synth.puzzles.options import PuzzleOptions
from pfld_mm.synth.puzzles.photos import PhotoFolder
from pfld_mm.synth.puzzles.puzzle import Puzzle
from pfld_mm.synth.puzzles.render import render_puzzle


class PuzzleGenerator:
    """`generator[i]` is puzzle i of the sequence that `seed` names, whoever asks and in any order.

    Pickles small: photos are read, and a few kept, by the process that draws.

    Args:
        photos: Folder of background photos, None for procedural scenes only.
        seed: Names the sequence, >= 0.
        **options: Fields of `PuzzleOptions`.

    Raises:
        FileNotFoundError: `photos` is not a folder or holds no image.
        TypeError: An option is unknown.
        ValueError: An option or the seed is out of its range.

    Example:
        >>> generator = PuzzleGenerator(seed=1, size=(320, 160))
        >>> generator[7].image.shape
        (160, 320, 3)
    """

    def __init__(self, photos: str | Path | None = None, seed: int = 0, **options) -> None:
        if seed < 0:
            raise ValueError(f'seed must be >= 0, got {seed}')
        self.seed = seed
        self.options = PuzzleOptions(**options)
        self.photos = None if photos is None else PhotoFolder(photos)

    def __getitem__(self, index: int) -> Puzzle:
        if index < 0:
            raise IndexError(f'puzzles are numbered from 0 without end, got {index}')
        rng = np.random.default_rng((self.seed, index))
        background = None
        if self.photos is not None and rng.random() >= self.options.procedural:
            background = self.photos.draw(rng)
        return render_puzzle(rng, background, self.options)
