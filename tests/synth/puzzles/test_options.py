import pytest

from pfld_mm.synth.puzzles.generator import PuzzleGenerator


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'decoys': 4}, 'decoys is None or 0 to 3, got 4'),
        ({'piece': 1.5}, 'piece is a probability'),
        ({'shapes': ('cat',)}, "got \\('cat',\\)"),
        ({'shapes': ()}, 'one or more'),
        ({'looks': ('cat',)}, "looks is .* got \\('cat',\\)"),
        ({'turn_deg': (9, 3)}, 'turn_deg is'),
        ({'piece_size': (0.5, 0.2)}, 'piece_size is'),
        ({'size': (100, 100)}, 'size is'),
        ({'seed': -1}, 'seed must be >= 0, got -1'),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        PuzzleGenerator(**options)
