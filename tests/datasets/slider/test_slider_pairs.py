import numpy as np
import torch

import pfld_mm.compat  # noqa: F401
from pfld_mm.datasets.slider.puzzle_letterboxer import PuzzleLetterboxer
from pfld_mm.datasets.slider.slider_pairs import SliderPairs
from pfld_mm.synth.puzzles.generator import PuzzleGenerator

SQUARE = 160
PLAIN = dict(decoys=1, piece=1.0, degrade=False, clutter=False, size=(620, 310))


def pairs(count=2, generator=None, **kwargs):
    generator = generator or PuzzleLetterboxer(PuzzleGenerator(seed=3, **PLAIN))
    return SliderPairs(generator, 4, count, pipeline=[], **kwargs)


def test_an_item_has_pairs_and_their_labels():
    item = pairs(3)[1]
    assert item['inputs'].shape == (18, SQUARE, SQUARE) and item['inputs'].dtype == torch.uint8
    labels = item['data_samples'].gt_instance_labels
    assert labels.boxes.shape == labels.box_weights.shape == (3, 8)
    assert labels.matches.shape == (3,)


def test_squares_of_another_size():
    item = pairs(3, square_size=96)[1]
    assert item['inputs'].shape == (18, 96, 96)
    assert item['data_samples'].gt_instance_labels.masks.shape == (3, 2, 48, 48)


class Spots:
    """The gap is a bright red spot, the piece a bright green one; all else is black."""

    def __getitem__(self, index):
        class Puzzle:
            image = np.zeros((256, 512, 3), np.uint8)
            gap_outline = np.array([[300.0, 100], [340, 100], [340, 130], [300, 130]])
            piece_outline = gap_outline + (-280, 5)
            decoys, angle_deg, origin = (), 0.0, None

        Puzzle.image[100:130, 300:340, 2] = 200
        Puzzle.image[105:135, 20:60, 1] = 200
        return Puzzle


def test_edges_are_where_the_pixels_are():
    """Through letterbox, cut and mirror."""
    dataset = pairs(4, PuzzleLetterboxer(Spots(), padding=(1.0, 1.0)))
    seen = 0
    for number in range(4):
        item = dataset[number]
        labels = item['data_samples'].gt_instance_labels
        squares = item['inputs'].view(4, 2, 3, SQUARE, SQUARE).float()
        for k in range(4):
            for part, channel in ((0, 1), (1, 0)):
                if not labels.box_weights[k, 4 * part]:
                    continue
                color = squares[k, part, channel] - squares[k, part, 2]
                rows, columns = (color > 60).nonzero().T
                edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
                box = labels.boxes[k, 4 * part : 4 * part + 4]
                np.testing.assert_allclose(box.clip(0, SQUARE), edges, atol=0.5)
                seen += 1
    assert seen > 12


def test_items_depend_on_their_number_alone():
    one, other = pairs(), pairs()
    one.set_epoch(0)
    other.set_epoch(0)
    other[0]
    assert torch.equal(one[2]['inputs'], other[2]['inputs'])
    first = one[2]['inputs']
    one.set_epoch(1)
    assert not torch.equal(first, one[2]['inputs'])
