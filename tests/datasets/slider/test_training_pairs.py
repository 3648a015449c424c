from dataclasses import replace

import numpy as np
import pytest

from pfld_mm.core.slider.pair_crops import pair_corners
from pfld_mm.datasets.slider.letterboxed_puzzle import LetterboxedPuzzle
from pfld_mm.datasets.slider.training_pairs import (
    MATCH,
    MAX_JITTER,
    MISS,
    draw_pair,
    mirror_pair,
    pair_labels,
)

WIDTH, HEIGHT, SQUARE = 256, 128, 160


def puzzle(piece=True, decoys=((120.0, 60.0),), gap=True, origin=None):
    outlines = (
        rectangle(180, 40, 220, 80) if gap else None,
        rectangle(20, 45, 60, 75) if piece else None,
    )
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    angle = 0.1 if gap else None
    return LetterboxedPuzzle(image, outlines, np.reshape(decoys, (-1, 2)), angle, origin)


def rectangle(x1, y1, x2, y2):
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], float)


def labels_at(piece, gap, row, one=None):
    return pair_labels(one or puzzle(), pair_corners(piece, gap, row, SQUARE), SQUARE)


def many(one, count=400):
    rng = np.random.default_rng(0)
    pairs = np.array([draw_pair(rng, one) for _ in range(count)])
    return pairs, np.array([labels_at(*pair, one)['matches'] for pair in pairs])


def test_a_true_pair_knows_its_edges():
    found = labels_at(44.0, 196.0, 64.0)  # 4 px off in all
    assert found['matches'] == found['match_weights'] == found['angle_weights'] == 1
    assert found['angles'] == np.float32(0.1)
    left, top, gap_left, _ = pair_corners(44.0, 196.0, 64.0, SQUARE)
    piece = np.array([20, 45, 60, 75]) - np.array([left, top] * 2)
    gap = np.array([180, 40, 220, 80]) - np.array([gap_left, top] * 2)
    np.testing.assert_allclose(found['boxes'], [*piece, *gap])
    assert found['box_weights'].tolist() == [1] * 8


def test_masks_are_what_lies_inside_the_outlines():
    found = labels_at(44.0, 196.0, 64.0)
    for mask, (x1, y1, x2, y2) in zip(found['masks'], found['boxes'].reshape(2, 4), strict=True):
        middle = np.arange(1, SQUARE, 2)
        columns, rows = (
            (middle > low + 1) & (middle < high - 1) for low, high in ((x1, x2), (y1, y2))
        )
        assert (mask[np.ix_(rows, columns)] == 255).all()
        columns, rows = (
            (middle < low - 2) | (middle > high + 2) for low, high in ((x1, x2), (y1, y2))
        )
        assert not mask[rows].any() and not mask[:, columns].any()


def test_a_false_gap_beside_a_true_piece():
    found = labels_at(40.0, 120.0, 60.0)
    assert (found['matches'], found['match_weights'], found['angle_weights']) == (0, 1, 0)
    assert found['box_weights'].tolist() == [1] * 4 + [0] * 4


def test_neither_near_nor_far_says_nothing_of_a_match():
    found = labels_at(40.0, 200.0 + (MATCH + MISS) / 2, 60.0)
    assert found['match_weights'] == 0
    assert found['box_weights'].tolist() == [1] * 8


def test_a_gap_without_a_piece_is_no_match():
    found = labels_at(40.0, 200.0, 60.0, puzzle(piece=False))
    assert (found['matches'], found['match_weights'], found['angle_weights']) == (0, 1, 0)
    assert found['box_weights'].tolist() == [0] * 4 + [1] * 4
    assert np.isfinite(found['boxes']).all()


def test_most_pairs_are_true_and_most_false_ones_have_a_decoy():
    pairs, matches = many(puzzle())
    assert 0.5 < matches.mean() < 0.7
    false = pairs[matches == 0]
    at_decoy = np.abs(false - 120).min(axis=1) < 25
    assert 0.5 < at_decoy.mean() < 0.9
    right = np.abs(false[:, 0] - 40) < 25
    assert 0.4 < right.mean() < 0.8  # the piece's square is where the piece is


def test_a_puzzle_without_decoys_has_false_pairs_all_the_same():
    assert 0.5 < many(puzzle(decoys=()))[1].mean() < 0.8


def test_a_puzzle_without_a_piece_is_looked_at_around_its_gap():
    pairs, matches = many(puzzle(piece=False), 50)
    assert not matches.any()
    assert (np.abs(pairs[:, 1] - 200) <= MAX_JITTER).all()


def test_a_piece_without_a_gap_is_compared_with_any_place_to_its_right():
    pairs, matches = many(puzzle(gap=False, decoys=()), 200)
    assert not matches.any()
    assert (np.abs(pairs[:, [0, 2]] - [40, 60]) <= MAX_JITTER).all()
    assert np.ptp(pairs[:, 1]) > 0.6 * WIDTH and pairs[:, 1].min() > 40 - MAX_JITTER
    found = labels_at(44.0, 196.0, 64.0, puzzle(gap=False, decoys=()))
    assert (found['matches'], found['match_weights'], found['angle_weights']) == (0, 1, 0)
    assert found['box_weights'].tolist() == [1] * 4 + [0] * 4


def test_a_piece_without_a_gap_is_mostly_compared_with_what_it_shows():
    pairs, matches = many(puzzle(gap=False, decoys=(), origin=np.array([210.0, 60.0])))
    assert not matches.any()
    assert 0.6 < (np.abs(pairs[:, 1] - 210) <= MAX_JITTER).mean() < 0.9


@pytest.mark.parametrize('shown', [{}, dict(gap=False), dict(piece=False)])
def test_half_of_the_pairs_are_proposals(shown):
    one = puzzle(**shown)
    proposals = np.array([[70.0, 130, 10], [90, 150, 12]])
    one = replace(one, decoys=np.empty((0, 2)), proposals=proposals)
    pairs, matches = many(one)
    rows = np.abs(pairs[:, 2] - 11) < 1 + MAX_JITTER
    assert not matches[rows].any()
    assert 0.4 < (rows & (pairs[:, 0] > 60) & (np.abs(pairs[:, 1] - 140) < 35)).mean() < 0.65


def test_an_image_without_both_is_looked_at_anywhere():
    nothing = puzzle(piece=False, gap=False, decoys=())
    pairs, matches = many(nothing, 200)
    assert not matches.any() and np.ptp(pairs[:, 2]) > 0.6 * HEIGHT
    found = labels_at(*pairs[0], nothing)
    assert (found['matches'], found['match_weights']) == (0, 1) and not found['box_weights'].any()


@pytest.mark.parametrize('axis', [0, 1])
def test_mirrored_images_have_mirrored_labels(axis):
    square = np.zeros((6, SQUARE, SQUARE), np.uint8)
    square[:3, 10:20, 30:36] = 1
    square[3:, 50:54, 60:70] = 1
    masks = np.stack([square[0], square[3]])[:, ::2, ::2]
    boxes = np.float32([30, 10, 36, 20, 60, 50, 70, 54])
    labels = dict(boxes=boxes, masks=masks, angles=0.2)
    mirrored, moved = mirror_pair(square, labels, axis)
    assert not np.array_equal(mirrored, square)
    assert moved['angles'] == -0.2
    for place, channel in ((0, 0), (4, 3)):
        rows, columns = mirrored[channel].nonzero()
        edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert moved['boxes'][place : place + 4].tolist() == edges
        rows, columns = moved['masks'][place // 4].nonzero()
        small = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert [2 * edge for edge in small] == edges
    again, back = mirror_pair(mirrored, moved, axis)
    np.testing.assert_array_equal(again, square)
    np.testing.assert_array_equal(back['boxes'], labels['boxes'])
