"""The project's wheel and source archive, built as pip does it, without a network."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build(kind: str, folder: Path) -> Path:
    """Build a ``wheel`` or an ``sdist`` from a copy of the sources, and return the file."""
    source = folder / 'source'
    ignored = shutil.ignore_patterns('.git', '.venv*', 'work_dirs', 'data', 'build', '*.egg-info')
    shutil.copytree(ROOT, source, symlinks=True, ignore=ignored)
    code = f'import setuptools.build_meta as b; b.build_{kind}({str(folder)!r})'
    command = [sys.executable, '-W', 'ignore', '-c', code]
    result = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return next(path for path in folder.iterdir() if path.is_file())
