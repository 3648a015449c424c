import sys

import choose_python
import pytest

THREE = {(3, 13): '/py/3.13', (3, 12): '/py/3.12', (3, 11): '/py/3.11'}


@pytest.fixture
def machine(monkeypatch):
    """Three Pythons; ``machine`` holds those that can get torch."""
    able: set[str] = set()
    monkeypatch.setattr(choose_python, 'find_pythons', lambda: dict(THREE))
    monkeypatch.setattr(choose_python, 'can_get', lambda python, *a: python in able)
    monkeypatch.delenv(choose_python.VARIABLE, raising=False)
    return able


def test_the_newest_that_can_get_torch(machine):
    machine |= {'/py/3.12', '/py/3.11'}
    python, sentence = choose_python.choose('torch==2.13.0+cpu')
    assert python == '/py/3.12'
    assert sentence == (
        'Python 3.12 (/py/3.12) is the newest of this machine that can get torch==2.13.0+cpu '
        '(Python 3.13 cannot); PFLD_MM_PYTHON names another.'
    )


def test_311_where_none_can(machine):
    python, sentence = choose_python.choose('torch==2.13.0+cpu')
    assert python == '/py/3.11' and 'no Python here can get torch' in sentence


def test_the_newest_where_any_build_will_do(machine):
    assert choose_python.choose(None)[0] == '/py/3.13'


def test_the_user_s_word_counts(machine, monkeypatch):
    monkeypatch.setenv(choose_python.VARIABLE, '/my/python')
    assert choose_python.choose('torch')[0] == '/my/python'


def test_no_python_at_all(machine, monkeypatch):
    monkeypatch.setattr(choose_python, 'find_pythons', dict)
    assert choose_python.choose('torch') is None


def test_the_running_python_is_found_and_a_dead_shim_is_not(tmp_path, monkeypatch):
    shim = tmp_path / 'python3.14'
    shim.write_text('#!/bin/sh\nexit 127\n')
    shim.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path))
    monkeypatch.setenv('PYENV_ROOT', str(tmp_path))
    assert list(choose_python.find_pythons()) == [sys.version_info[:2]]


def test_pip_is_asked_and_nothing_is_installed():
    options = ('--no-index',)
    assert not choose_python.can_get(sys.executable, 'no-such-package-of-pfld-mm==1.0', *options)
