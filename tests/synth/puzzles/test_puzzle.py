import numpy as np

from pfld_mm.synth.puzzles.puzzle import Puzzle

IMAGE = np.zeros((20, 40, 3), np.uint8)
SQUARE = np.array([[10.0, 4], [14, 4], [14, 8], [10, 8]])


def test_boxes_are_those_of_the_outlines():
    puzzle = Puzzle(IMAGE, (12.0, 6.0), (3.0, 6.0), 5.0, (), SQUARE, SQUARE - (9, 0))
    assert puzzle.gap_box == (10, 4, 14, 8) and puzzle.piece_box == (1, 4, 5, 8)


def test_labels_follow_the_image():
    outlines = SQUARE, SQUARE - (9, 0)
    puzzle = Puzzle(IMAGE, (12.0, 6.0), (3.0, 6.0), 5.0, ((30.0, 9.0),), *outlines, (12.0, 6.5))
    larger = np.zeros((100, 90, 3), np.uint8)
    moved = puzzle.moved(larger, scale=(2, 3), shift=(7, 1))
    assert moved.image is larger and moved.angle_deg == 5
    assert (moved.gap, moved.piece, moved.decoys) == ((31, 19), (13, 19), ((67, 28),))
    assert moved.origin == (31, 20.5)
    assert moved.gap_box == (27, 13, 35, 25) and moved.piece_box == (9, 13, 17, 25)
    assert puzzle.gap == (12, 6)


def test_without_a_piece_there_is_none_after_a_move():
    puzzle = Puzzle(IMAGE, (12.0, 6.0), None, 0.0, (), SQUARE, None)
    moved = puzzle.moved(IMAGE, shift=(1, 1))
    assert moved.piece is moved.piece_box is moved.origin is None and moved.gap == (13, 7)
