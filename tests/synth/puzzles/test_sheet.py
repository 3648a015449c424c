import numpy as np

from pfld_mm.synth.puzzles.looks import BLACK
from pfld_mm.synth.puzzles.puzzle import Puzzle
from pfld_mm.synth.puzzles.sheet import GAP, contact_sheet, draw_labels


def test_the_sheet_marks_the_true_centre():
    image = np.zeros((100, 200, 3), np.uint8)
    box = np.array([[100.0, 30], [141, 71]])
    puzzle = Puzzle(image, (120.5, 50.5), None, 0.0, ((60.0, 20.0),), box, None)
    drawn = draw_labels(puzzle, 2.0)
    assert drawn.shape == (200, 400, 3)
    assert tuple(drawn[101, 241]) == GAP and tuple(drawn[40, 120]) == (0, 0, 255)
    assert (image == BLACK[0]).all(), 'the puzzle itself stays clean'
    assert contact_sheet([puzzle] * 5, columns=2, tile=160).shape == (300, 320, 3)
