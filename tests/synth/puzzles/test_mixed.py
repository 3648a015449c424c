import numpy as np
import pytest

from pfld_mm.synth.puzzles.generator import PuzzleGenerator
from pfld_mm.synth.puzzles.mixed import MixedPuzzles


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
