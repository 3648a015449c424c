from __future__ import annotations

from typing import Any

import numpy as np
from mmpose.registry import DATASETS

from pfld_mm.core.letterbox import Letterbox
from pfld_mm.datasets.slider.letterboxed_puzzle import LetterboxedPuzzle


class PuzzleLetterboxer:
    """Fits drawn puzzles into the network's input: ``letterboxer[i]`` is a `LetterboxedPuzzle`.

    Args:
        generator: An object, or its config, with ``generator[i]``: a `Puzzle`.
        input_size: (w, h) of the network's input.
        padding: Smallest and largest extent of what is fitted in, in extents of the image.
        proposer: An object, or its config, with ``propose(box)``: pairs of a letterboxed image,
            as the runtime's ``SliderLocator``; None: puzzles have no proposals.
    """

    def __init__(
        self,
        generator: dict | Any,
        input_size: tuple[int, int] = (512, 256),
        padding: tuple[float, float] = (1.0, 1.2),
        proposer: dict | Any | None = None,
    ) -> None:
        self.generator = DATASETS.build(generator) if isinstance(generator, dict) else generator
        self.input_size = tuple(input_size)
        self.padding = padding
        self.proposer = DATASETS.build(proposer) if isinstance(proposer, dict) else proposer

    def __getitem__(self, index: int) -> LetterboxedPuzzle:
        puzzle = self.generator[index]
        padding = np.random.default_rng(index).uniform(*self.padding)
        box = Letterbox.fit(puzzle.image, self.input_size, padding)
        pairs = [] if self.proposer is None else self.proposer.propose(box)
        return LetterboxedPuzzle(
            image=np.ascontiguousarray(box.image[..., 2::-1]),
            outlines=tuple(
                None if outline is None else (outline - box.corner) * box.zoom
                for outline in (puzzle.gap_outline, puzzle.piece_outline)
            ),
            decoys=(np.reshape(puzzle.decoys, (-1, 2)) - box.corner) * box.zoom,
            angle=None if puzzle.angle_deg is None else float(np.deg2rad(puzzle.angle_deg)),
            origin=None if puzzle.origin is None else (puzzle.origin - box.corner) * box.zoom,
            proposals=np.reshape([(one.piece.x, one.gap.x, one.row) for one in pairs], (-1, 3)),
        )
