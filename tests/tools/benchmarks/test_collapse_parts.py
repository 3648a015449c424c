"""The profile of the collapsed step, from the command line."""

from helpers.runs import tool


def test_it_names_every_part():
    done = tool('benchmarks/collapse_parts', '--rounds', 1, '--batch-size', 2)
    assert done.returncode == 0, done.stdout
    assert 'collapsed / plain: ' in done.stdout
    for name in (
        'depthwise convolutions, forward',
        '1x1 convolutions and the stem, backward',
        'fold',
    ):
        assert name in done.stdout
