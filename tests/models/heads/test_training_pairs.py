import numpy as np
import pytest
import torch

from pfld_mm.models.heads.training_pairs import (
    MATCH,
    MISS,
    PuzzleLabels,
    cut_pairs,
    draw_pairs,
    flip_pairs,
    make_batch,
    pair_labels,
)
from pfld_mm.runtime.second_look import HALF, SQUARE, look_again, square_corners

WIDTH, HEIGHT = 256, 128


def puzzle(piece=True, decoys=((120.0, 60.0),), angle=0.1):
    boxes = np.array([[180.0, 40, 220, 80], [20, 45, 60, 75]])
    return PuzzleLabels(boxes, (True, piece), np.reshape(decoys, (-1, 2)), angle)


def output(gap=(50, 15), piece=(10, 15), decoy=None):
    """Maps with one peak each, and another gap if there is one."""
    maps = np.zeros((8, HEIGHT // 4, WIDTH // 4), np.float32)
    for index, (column, row) in enumerate((gap, piece)):
        maps[index, row, column] = 0.9
    if decoy:
        maps[0, decoy[1], decoy[0]] = 0.8
    return maps


def labels_at(piece, gap, row, one=None):
    return pair_labels(one or puzzle(), square_corners(piece, gap, row))


def test_a_true_pair_knows_its_edges():
    found = labels_at(44.0, 196.0, 64.0)  # 4 px off in all
    assert found['matches'] == found['match_weights'] == found['angle_weights'] == 1
    assert found['angles'] == 0.1
    left, top, gap_left, _ = square_corners(44.0, 196.0, 64.0)
    piece = (np.array([20, 45, 60, 75]) - HALF * np.array([left, top] * 2)) / HALF
    gap = (np.array([180, 40, 220, 80]) - HALF * np.array([gap_left, top] * 2)) / HALF
    np.testing.assert_allclose(found['boxes'], [*piece, *gap])
    assert found['box_weights'].tolist() == [1] * 8


def test_a_false_gap_beside_a_true_piece():
    found = labels_at(40.0, 120.0, 60.0)
    assert (found['matches'], found['match_weights'], found['angle_weights']) == (0, 1, 0)
    assert found['box_weights'].tolist() == [1] * 4 + [0] * 4


def test_neither_near_nor_far_says_nothing_of_a_match():
    found = labels_at(40.0, 200.0 + (MATCH + MISS) / 2, 60.0)
    assert found['match_weights'] == 0
    assert found['box_weights'].tolist() == [1] * 8


def test_without_a_piece_only_the_gap_is_known():
    found = labels_at(40.0, 200.0, 60.0, puzzle(piece=False))
    assert (found['match_weights'], found['angle_weights']) == (0, 0)
    assert found['box_weights'].tolist() == [0] * 4 + [1] * 4


def test_an_unknown_angle_has_no_weight():
    assert labels_at(40.0, 200.0, 60.0, puzzle(angle=None))['angle_weights'] == 0


@pytest.mark.parametrize('decoy', [None, (30, 15)])
def test_what_is_drawn_is_mostly_true_and_sometimes_false(decoy):
    pairs = draw_pairs(np.random.default_rng(0), puzzle(), output(decoy=decoy), 400, WIDTH)
    matches = [labels_at(*pair)['matches'] for pair in pairs]
    assert 0.5 < np.mean(matches) < 0.7
    misses = [pair for pair, match in zip(pairs, matches, strict=True) if not match]
    at_decoy = np.mean([abs(pair[1] - 120) < 25 for pair in misses])
    assert at_decoy > 0.9  # as a label, or as a peak of the first look


def test_a_puzzle_without_decoys_has_false_pairs_all_the_same():
    one = puzzle(decoys=())
    pairs = draw_pairs(np.random.default_rng(0), one, output(), 200, WIDTH)
    assert 0.5 < np.mean([labels_at(*pair, one)['matches'] for pair in pairs]) < 0.8


def test_the_squares_are_those_of_the_runtime():
    """One cut in training and on the device, also where it leaves the picture."""
    pixels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    one, seen = output((60, 2), (2, 2)), []
    answer = np.zeros((1, 10), np.float32)
    look_again(pixels, one, lambda squares: seen.append(squares) or answer + 5)
    x = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255
    tensor = torch.cat([x, torch.ones(1, HEIGHT, WIDTH)])[None]
    found = cut_pairs(tensor, [0], [square_corners(10.0, 242.0, 10.0)])
    np.testing.assert_allclose(found.numpy(), seen[0], atol=0.51 / 255)


def test_without_a_first_look_decoys_are_the_false_pairs():
    pairs = draw_pairs(np.random.default_rng(0), puzzle(), None, 200, WIDTH)
    matches = np.array([labels_at(*pair)['matches'] for pair in pairs])
    assert 0.5 < matches.mean() < 0.7
    assert all(abs(pair[1] - 120) < 25 for pair in pairs[matches == 0])


def test_a_square_outside_of_the_picture_is_black():
    found = cut_pairs(torch.ones(1, 4, HEIGHT, WIDTH), [0], [square_corners(-900.0, 1900.0, -700.0)])
    assert not found.any()


@pytest.mark.parametrize('axis', [0, 1])
def test_mirrored_pictures_have_mirrored_labels(axis):
    squares = torch.zeros(2, 6, SQUARE, SQUARE)
    squares[:, :3, 10:20, 30:36] = 1
    squares[:, 3:, 50:55, 60:70] = 1
    boxes = torch.tensor([[30.0, 10, 36, 20, 60, 50, 70, 55]] * 2)
    labels = dict(boxes=boxes, angles=torch.tensor([0.2, 0.2]))
    flipped, moved = flip_pairs(squares, labels, torch.tensor([False, True]), axis)
    torch.testing.assert_close(flipped[0], squares[0])
    torch.testing.assert_close(moved['angles'], torch.tensor([0.2, -0.2]))
    for box, picture in zip(moved['boxes'], flipped, strict=True):
        for place, channel in ((0, 0), (4, 3)):
            rows, columns = picture[channel].nonzero().T
            edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert box[place : place + 4].tolist() == edges


def test_a_batch_depends_on_its_seeds_alone():
    pictures = torch.rand(3, 4, HEIGHT, WIDTH)
    puzzles = [puzzle(), puzzle(piece=False), puzzle()]
    puzzles[2] = PuzzleLabels(puzzles[2].boxes, (False, True), puzzles[2].decoys, None)
    maps = np.stack([output()] * 3)
    first = make_batch(pictures, puzzles, maps, [5, 6, 7], 4)
    again = make_batch(pictures, puzzles, maps, [5, 6, 7], 4)
    other = make_batch(pictures, puzzles, maps, [6, 5, 7], 4)
    assert first[0].shape == (8, 6, SQUARE, SQUARE)  # an unknown gap gives no pair
    torch.testing.assert_close(first, again)
    assert not torch.equal(first[0], other[0])
    assert {value.shape[0] for value in first[1].values()} == {8}
