import pytest

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
