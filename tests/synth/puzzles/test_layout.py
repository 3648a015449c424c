import numpy as np
import pytest

from pfld_mm.synth.puzzles.layout import MAX_LIKENESS, likeness, random_layout
from pfld_mm.synth.puzzles.options import PuzzleOptions
from pfld_mm.synth.puzzles.outline import place
from pfld_mm.synth.puzzles.shapes import Shape


@pytest.mark.parametrize('decoys', [0, 1, 2, 3])
def test_decoys_are_as_many_as_asked_and_keep_clear(decoys):
    counts = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        layout = random_layout(rng, 620, 310, PuzzleOptions(decoys=decoys, piece=1.0))
        counts.append(len(layout.decoys))
        outlines = (layout.gap, layout.piece, *layout.decoys)
        for i, a in enumerate(outlines):
            assert a.box[0] > -1e-6 and a.box[1] > -1e-6
            assert a.box[2] < 620 + 1e-6 and a.box[3] < 310 + 1e-6
            assert not any(overlap(a.box, b.box) for b in outlines[:i])
        assert layout.gap.center[1] == layout.piece.center[1]
        for decoy in layout.decoys:
            same_row = abs(decoy.center[1] - layout.gap.center[1]) < 0.3 * layout.gap.extent[1]
            assert not same_row or likeness(decoy, layout.gap) < MAX_LIKENESS
    assert max(counts) == decoys
    assert np.mean(counts) >= 0.85 * decoys


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_likeness_knows_same_from_other():
    square = Shape('polygon', (np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]),))
    a = place(square, 50, 0, (0, 0))
    assert likeness(a, a) == 1
    assert likeness(a, place(square, 50, np.pi / 2, (9, 9))) > 0.98
    assert likeness(a, place(square, 35, 0, (0, 0))) == pytest.approx(0.49, abs=0.04)


def test_positions_and_sizes_are_continuous():
    gaps = [
        random_layout(np.random.default_rng(i), 320, 160, PuzzleOptions()).gap for i in range(300)
    ]
    fractions = np.array([g.center for g in gaps]) % 1
    for axis in (0, 1):
        counts = np.histogram(fractions[:, axis], bins=5, range=(0, 1))[0]
        assert counts.min() > 30
    assert len({g.size for g in gaps}) == 300
