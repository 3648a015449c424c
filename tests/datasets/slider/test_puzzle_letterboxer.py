import numpy as np
import pytest

from pfld_mm.core.letterbox import Letterbox
from pfld_mm.core.slider.proposals import PairProposal, Peak
from pfld_mm.datasets.slider.puzzle_letterboxer import PuzzleLetterboxer
from pfld_mm.synth.puzzles.generator import PuzzleGenerator

PLAIN = dict(decoys=1, piece=1.0, degrade=False, clutter=False, size=(620, 310))


def test_a_letterboxed_puzzle_is_what_the_network_sees():
    generator = PuzzleGenerator(seed=3, **PLAIN)
    puzzle, found = generator[5], PuzzleLetterboxer(generator, padding=(1.0, 1.0))[5]
    box = Letterbox.fit(puzzle.image, (512, 256))
    np.testing.assert_array_equal(found.image, box.image[..., 2::-1])  # RGB of BGR
    # labels count from the corner, `to_image` from the center of the first pixel
    np.testing.assert_allclose(box.to_image(found.centers) + 0.5, [puzzle.gap, puzzle.piece])
    np.testing.assert_allclose(box.to_image(found.decoys) + 0.5, puzzle.decoys)
    np.testing.assert_allclose(box.to_image(found.origin) + 0.5, puzzle.origin)
    assert found.angle == pytest.approx(np.deg2rad(puzzle.angle_deg))


def test_sizes_vary_with_the_padding():
    zooms = PuzzleLetterboxer(PuzzleGenerator(seed=3, **PLAIN), padding=(1.0, 1.3))
    extents = [np.ptp(np.flatnonzero(zooms[i].image.any((0, 2)))) for i in range(4)]
    assert len(set(extents)) > 1 and max(extents) > 380


def test_proposals_are_those_of_the_letterboxed_image():
    class Proposer:
        def propose(self, box):
            self.box = box
            return [PairProposal(Peak(40.0, 90, 0.5), Peak(300, 96, 0.5))]

    generator, proposer = PuzzleGenerator(seed=3, **PLAIN), Proposer()
    found = PuzzleLetterboxer(generator, proposer=proposer)[5]
    np.testing.assert_array_equal(proposer.box.image[..., 2::-1], found.image)
    np.testing.assert_allclose(found.proposals, [[40, 300, 93]])


def test_without_a_proposer_or_a_pair_there_are_no_proposals():
    class Proposer:
        def propose(self, _):
            return []

    generator = PuzzleGenerator(seed=3, **PLAIN)
    for proposer in (None, Proposer()):
        assert PuzzleLetterboxer(generator, proposer=proposer)[5].proposals.shape == (0, 3)
