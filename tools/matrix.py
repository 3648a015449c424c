"""Test the runtime on every Python of this machine; standard library only.

    python3 tools/matrix.py [--with REQUIREMENT ...] [--keep FOLDER]

Builds the wheel once, installs it with the runtime extra into a fresh environment of each Python
3.10 to 3.14 found, and runs the self-test of every model that comes with the package: its golden
pair against this machine's numpy, OpenCV and onnxruntime. ``--with 'numpy<2' 'opencv-python<4.12'``
tries other versions. Prints a table; the exit code is 1 if anything failed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from choose_python import find_pythons

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ('numpy', 'opencv', 'onnxruntime')
SELF_TEST = """
import json, sys
from importlib import metadata
from pfld_mm.runtime import FaceFinder, FaceLandmarker, ModelFolder, SliderLocator
from pfld_mm.runtime.model_folder import shipped_models
OPENERS = dict(face=FaceLandmarker, finder=FaceFinder, slider=SliderLocator)
found = {}
for name in shipped_models():
    folder = ModelFolder.read(name)
    forms = [form for form in folder.available() if form.startswith('onnxruntime')]
    for form in forms:
        key = name + form.removeprefix('onnxruntime')
        try:
            found[key] = '%.1e' % OPENERS[folder.info.task](name, backend=form).self_test()
        except Exception as error:
            found[key] = 'FAILED: %s' % error
versions = {d.metadata['Name'].lower(): d.version for d in metadata.distributions()}
print(json.dumps(dict(models=found, versions=versions, file=sys.modules['pfld_mm'].__file__)))
"""


class StepFailed(Exception):
    """A command of a row failed; the message is the end of what it said."""


def main() -> int:
    """Test all Pythons. Returns the exit code."""
    args = parse_args()
    pythons = find_pythons()
    if not pythons:
        print('no Python 3.10 to 3.14 found on the PATH or in pyenv', file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(args.keep or scratch).absolute()
        wheel = build_wheel(next(iter(pythons.values())), folder)
        rows = {}
        for version, python in reversed(pythons.items()):
            name = '.'.join(map(str, version))
            rows[name] = test_python(python, folder / f'py{name}', wheel, args.extra, args.others)
            print_row(name, rows[name])
    failed = [name for name, row in rows.items() if is_failed(row)]
    print(f'failed: {", ".join(failed)}' if failed else f'all of {", ".join(rows)} passed')
    return 1 if failed else 0


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Test the runtime on every Python here')
    parser.add_argument('--with', nargs='+', default=[], dest='others', metavar='REQUIREMENT')
    parser.add_argument('--extra', default='runtime', choices=['runtime', 'runtime-headless'])
    parser.add_argument(
        '--keep', metavar='FOLDER', help='make the environments there and keep them'
    )
    return parser.parse_args()


def build_wheel(python: str, folder: Path) -> Path:
    """Build the wheel, from a clone, so that nothing is left here; counts what is committed."""
    source = folder / 'source'
    run('git', 'clone', '--quiet', '--depth=1', f'file://{ROOT}', str(source))
    run(python, '-m', 'venv', str(folder / 'builder'))
    builder = str(folder / 'builder/bin/python')
    run(builder, '-m', 'pip', 'wheel', '--quiet', '--no-deps', '-w', str(folder), str(source))
    return next(folder.glob('pfld_mm-*.whl'))


def test_python(python: str, venv: Path, wheel: Path, extra: str, others: list[str]) -> dict:
    """One row: the versions installed, and what each model's self-test said."""
    start = time.monotonic()
    try:
        run(python, '-m', 'venv', '--clear', str(venv))
        here = str(venv / 'bin/python')
        run(here, '-m', 'pip', 'install', '--quiet', f'{wheel}[{extra}]', *others)
        row = json.loads(run(here, '-I', '-c', SELF_TEST).splitlines()[-1])
    except StepFailed as error:
        return dict(error=str(error))
    return row | dict(seconds=time.monotonic() - start)


def run(*command: str) -> str:
    """What a command prints.

    Raises:
        StepFailed: If it fails.
    """
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise StepFailed(f'{" ".join(command[:4])} ...: {result.stderr.strip()[-600:]}')
    return result.stdout


def is_failed(row: dict) -> bool:
    """Whether anything of a row went wrong."""
    return 'error' in row or any(value.startswith('FAILED') for value in row['models'].values())


def print_row(name: str, row: dict) -> None:
    """Print one Python's line, and one for each model."""
    if 'error' in row:
        print(f'Python {name}: FAILED: {row["error"]}', flush=True)
        return
    versions = [
        f'{package} {version}'
        for package, version in sorted(row['versions'].items())
        if package.startswith(PACKAGES)
    ]
    print(f'Python {name}: {", ".join(versions)}; {row["seconds"]:.0f} s')
    for model, result in row['models'].items():
        print(f'    {model:<40}{result}{"" if result.startswith("FAILED") else " px"}', flush=True)


if __name__ == '__main__':
    sys.exit(main())
