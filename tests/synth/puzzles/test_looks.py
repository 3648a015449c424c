import numpy as np

from pfld_mm.synth.puzzles.generator import PuzzleGenerator
from pfld_mm.synth.puzzles.looks import random_gap_look


def test_only_the_looks_asked_for_are_drawn():
    rng = np.random.default_rng(4)
    for _ in range(60):
        light = random_gap_look(rng, (1, 0), ('light',))
        assert min(light.fill) > 190 and light.opacity >= 0.15
        assert random_gap_look(rng, (1, 0), ('frost',)).frost > 0
    same = {'seed': 6, 'size': (320, 160), 'degrade': False}
    opaque, frost = (PuzzleGenerator(looks=(look,), **same)[0] for look in ('opaque', 'frost'))
    assert opaque.gap == frost.gap and (opaque.image != frost.image).any()
