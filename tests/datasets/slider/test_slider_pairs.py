import numpy as np
import pytest
import torch

import pfld_mm.compat  # noqa: F401
from pfld_mm.core.letterbox import Letterbox
from pfld_mm.core.slider.cascade import SQUARE
from pfld_mm.datasets.slider.slider_pairs import LetterboxedPuzzles, SliderPairs
from pfld_mm.synth.puzzles.generator import PuzzleGenerator

PLAIN = dict(decoys=1, piece=1.0, degrade=False, clutter=False, size=(620, 310))


def pairs(count=2, generator=None, **kwargs):
    generator = generator or LetterboxedPuzzles(PuzzleGenerator(seed=3, **PLAIN))
    return SliderPairs(generator, 4, count, pipeline=[], **kwargs)


def test_a_letterboxed_puzzle_is_what_the_network_sees():
    generator = PuzzleGenerator(seed=3, **PLAIN)
    puzzle, found = generator[5], LetterboxedPuzzles(generator, padding=(1.0, 1.0))[5]
    box = Letterbox.fit(puzzle.picture, (512, 256))
    np.testing.assert_array_equal(found.picture, box.picture[..., 2::-1])  # RGB of BGR
    np.testing.assert_allclose(box.to_picture(found.centers), [puzzle.gap, puzzle.piece])
    np.testing.assert_allclose(box.to_picture(found.decoys), puzzle.decoys)
    assert found.angle == pytest.approx(np.deg2rad(puzzle.angle_deg))


def test_sizes_vary_with_the_padding():
    zooms = LetterboxedPuzzles(PuzzleGenerator(seed=3, **PLAIN), padding=(1.0, 1.3))
    extents = [np.ptp(np.flatnonzero(zooms[i].picture.any((0, 2)))) for i in range(4)]
    assert len(set(extents)) > 1 and max(extents) > 380


def test_an_item_has_pairs_and_their_labels():
    item = pairs(3)[1]
    assert item['inputs'].shape == (18, SQUARE, SQUARE) and item['inputs'].dtype == torch.uint8
    labels = item['data_samples'].gt_instance_labels
    assert labels.boxes.shape == labels.box_weights.shape == (3, 8)
    assert labels.matches.shape == (3,)


class Spots:
    """The gap is a bright red spot, the piece a bright green one; all else is black."""

    def __getitem__(self, index):
        class Puzzle:
            picture = np.zeros((256, 512, 3), np.uint8)
            gap_outline = np.array([[300.0, 100], [340, 100], [340, 130], [300, 130]])
            piece_outline = gap_outline + (-280, 5)
            decoys, angle_deg = (), 0.0

        Puzzle.picture[100:130, 300:340, 2] = 200
        Puzzle.picture[105:135, 20:60, 1] = 200
        return Puzzle


def test_edges_are_where_the_pixels_are():
    """Through letterbox, cut and mirror."""
    dataset = pairs(4, LetterboxedPuzzles(Spots(), padding=(1.0, 1.0)))
    seen = 0
    for number in range(4):
        item = dataset[number]
        labels = item['data_samples'].gt_instance_labels
        squares = item['inputs'].view(4, 2, 3, SQUARE, SQUARE).float()
        for k in range(4):
            for part, channel in ((0, 1), (1, 0)):
                if not labels.box_weights[k, 4 * part]:
                    continue
                colour = squares[k, part, channel] - squares[k, part, 2]
                rows, columns = (colour > 60).nonzero().T
                edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
                box = labels.boxes[k, 4 * part : 4 * part + 4]
                np.testing.assert_allclose(box.clip(0, SQUARE), edges, atol=0.5)
                seen += 1
    assert seen > 12


def test_items_depend_on_their_number_alone():
    one, other = pairs(), pairs()
    other[0]
    assert torch.equal(one[2]['inputs'], other[2]['inputs'])
    first = one[2]['inputs']
    one.set_epoch(1)
    assert not torch.equal(first, one[2]['inputs'])
