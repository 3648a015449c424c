"""Puzzles shown several times, and puzzles of several kinds."""

import numpy as np
import pytest

from pfld_mm.synth.puzzles.generator import PuzzleGenerator
from pfld_mm.synth.puzzles.mixed import MixedPuzzles
from pfld_mm.synth.puzzles.reused import ReusedPuzzles


def test_reused_puzzles_come_again_after_the_window_and_are_drawn_once():
    drawn = []

    class Numbers:
        def __getitem__(self, index):
            drawn.append(index)
            return index

    puzzles = ReusedPuzzles(Numbers(), uses=3, window=4)
    shown = [puzzles[index] for index in range(24)]
    assert shown == [0, 1, 2, 3] * 3 + [4, 5, 6, 7] * 3
    assert drawn == list(range(8))
    # the answer does not depend on what was asked before
    assert [ReusedPuzzles(Numbers(), uses=3, window=4)[index] for index in range(24)] == shown
    with pytest.raises(ValueError, match='found 0 and 4'):
        ReusedPuzzles(Numbers(), uses=0, window=4)


def test_mixed_puzzles_come_from_their_generators_by_share():
    generators = [
        PuzzleGenerator(seed=1, size=(260, 140)),
        PuzzleGenerator(seed=1, size=(300, 150)),
    ]
    mixed = MixedPuzzles(generators, probs=(0.75, 0.25))
    widths = [mixed[index].image.shape[1] for index in range(60)]
    assert 33 <= widths.count(260) <= 55
    np.testing.assert_array_equal(mixed[7].image, MixedPuzzles(generators, (0.75, 0.25))[7].image)
    with pytest.raises(ValueError, match='add up to 1'):
        MixedPuzzles(generators, probs=(0.5, 0.4))
