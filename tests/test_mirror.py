"""Who reads a module finds its tests at the same place below tests/."""

from pathlib import Path

import pytest

import pfld_mm

PACKAGE = Path(pfld_mm.__file__).parent
TESTS = Path(__file__).parent
ROOMS = ('models/layers', 'core', 'runtime', 'deploy', 'synth/puzzles')


def mirror_of(module: Path) -> Path:
    """Where the tests of a module stand."""
    return TESTS / module.parent.relative_to(PACKAGE) / f'test_{module.name}'


@pytest.mark.parametrize('room', ROOMS)
def test_every_module_has_a_test_file_of_its_name(room):
    modules = [path for path in (PACKAGE / room).rglob('*.py') if not path.name.startswith('__')]
    assert len(modules) > 10
    without = [str(path.relative_to(PACKAGE)) for path in modules if not mirror_of(path).is_file()]
    assert not without


@pytest.mark.parametrize('room', ROOMS)
def test_they_hold_tests(room):
    for path in (TESTS / room).rglob('test_*.py'):
        assert 'def test_' in path.read_text(encoding='utf-8'), path
