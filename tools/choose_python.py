"""Which Python the set-up takes when nobody names one; standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST, NEWEST = (3, 10), (3, 14)
PREFERRED = (3, 11)  # where nothing speaks for a newer one
VARIABLE = 'PFLD_MM_PYTHON'


def find_pythons() -> dict[tuple[int, int], str]:
    """The Pythons 3.10 to 3.14 of this machine: version -> executable, the newest first.

    Looks at the running one, at ``python3.X`` on the PATH and in pyenv's folder of versions.
    """
    running = getattr(sys, '_base_executable', sys.executable)  # in a venv: what made it
    folders = Path(os.environ.get('PYENV_ROOT', Path.home() / '.pyenv'), 'versions')
    found = {}
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = f'python3.{minor}'
        of_pyenv = sorted(folders.glob(f'3.{minor}.*/bin/{name}'))
        candidates = [running] if sys.version_info[:2] == (3, minor) else []
        candidates += [*filter(None, [shutil.which(name)]), *map(str, reversed(of_pyenv))]
        working = next((path for path in candidates if runs(path, name)), None)
        if working is not None:
            found[3, minor] = working
    return found


def runs(python: str, name: str) -> bool:
    """Whether ``python`` is the Python it is called after; a pyenv shim may be none at all."""
    code = 'import sys, venv, ensurepip; print("python%d.%d" % sys.version_info[:2])'
    command = [python, '-c', code]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.stdout.strip() == name


def can_get(python: str, requirement: str, *options: str) -> bool:
    """Whether this Python's pip finds a distribution for ``requirement``; installs nothing."""
    command = [python, '-m', 'pip', 'install', '--dry-run', '--no-deps', '--ignore-installed']
    command += ['--only-binary', ':all:', '--quiet', *options, requirement]
    return subprocess.run(command, capture_output=True).returncode == 0


def choose(torch: str | None, *options: str) -> tuple[str, str] | None:
    """Choose a Python and say why, in one sentence.

    Args:
        torch: The CPU build wanted, such as ``'torch==2.13.0+cpu'``; None if PyPI's will do
            (there is a GPU, or no other build for this system).
        options: pip's options for finding it.

    Returns:
        The executable and the sentence; None if no Python 3.10 to 3.14 was found.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return named, f'{VARIABLE} names {named}.'
    pythons = find_pythons()
    if not pythons:
        return None
    passed_over = []
    for version, python in pythons.items():
        name = f'Python {version[0]}.{version[1]}'
        if torch is None or can_get(python, torch, *options):
            why = f'the newest of this machine that {"can get " + torch if torch else "serves"}'
            but = f' ({", ".join(passed_over)} cannot)' if passed_over else ''
            return python, f'{name} ({python}) is {why}{but}; {VARIABLE} names another.'
        passed_over.append(name)
    version = PREFERRED if PREFERRED in pythons else next(iter(pythons))
    sentence = f'Python {version[0]}.{version[1]} is taken: no Python here can get {torch}'
    return pythons[version], f'{sentence}; {VARIABLE} names another.'
