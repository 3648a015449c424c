import sys
from types import SimpleNamespace

import pytest

from pfld_mm.runtime import progress as module
from pfld_mm.runtime.progress import progress

ITEMS = ['a', 'b', 'c']


def set_terminal(monkeypatch, is_terminal):
    stderr = SimpleNamespace(isatty=lambda: is_terminal)
    monkeypatch.setattr(module, 'sys', SimpleNamespace(stderr=stderr))


@pytest.fixture
def bars(monkeypatch):
    """A terminal and a tqdm that keeps how it was called."""
    made = []

    def tqdm(items, **options):
        made.append(options)
        return iter(items)

    monkeypatch.setitem(sys.modules, 'tqdm', SimpleNamespace(tqdm=tqdm))
    set_terminal(monkeypatch, True)
    return made


@pytest.mark.parametrize(('total', 'expected'), [(3, 3), (0, None)])
def test_a_terminal_shows_a_bar(bars, total, expected):
    assert list(progress(ITEMS, total, 'image')) == ITEMS
    assert bars == [dict(total=expected, unit='image', leave=False)]


def test_one_item_and_a_file_need_none(bars, monkeypatch):
    assert progress(ITEMS, 1, 'image') is ITEMS
    set_terminal(monkeypatch, False)
    assert progress(ITEMS, 3, 'image') is ITEMS
    assert bars == []


def test_without_tqdm_there_is_no_bar(bars, monkeypatch):
    monkeypatch.setitem(sys.modules, 'tqdm', None)
    assert progress(ITEMS, 3, 'image') is ITEMS
