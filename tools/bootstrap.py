"""Set up the project's Python environment; standard library only.

    python3 tools/bootstrap.py [--choose] [FOLDER]        (FOLDER: .venv of the project)

With ``--choose``, FOLDER gets the newest Python of this machine that can get torch (see
choose_python.py) and keeps it; without, the Python that runs this. The second call starts at
once: a stamp in the folder holds a digest of what the set-up depends on, and is written last. A
folder whose set-up was interrupted, or made for other requirements, is made again; a folder that
this tool did not make is never touched.
torch, mmcv (2.x) and mmdet of the Python that runs this are used, not installed again.
"""

from __future__ import annotations  # an old Python must get as far as the refusal

import hashlib
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import choose_python
from choose_python import NEWEST, OLDEST

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / 'requirements'
CPU_INDEX = 'https://download.pytorch.org/whl/cpu'
CPU_OPTIONS = ('--retries', '2', '--timeout', '5', '--index-url', CPU_INDEX)
STAMP = 'pfld_mm.stamp'
GIGABYTES_NEEDED = 3.0


class SetupError(Exception):
    """The set-up cannot go on; the message says why and what to do."""


def main() -> int:
    """Set up the folder named on the command line. Returns the exit code."""
    arguments = [argument for argument in sys.argv[1:] if argument != '--choose']
    if any(argument.startswith('-') for argument in arguments) or len(arguments) > 1:
        print(__doc__)
        return 2
    folder = Path(arguments[0] if arguments else ROOT / '.venv').absolute()
    if Path(sys.prefix).resolve() == folder.resolve():  # activated: it cannot make itself
        return subprocess.call([sys._base_executable, *sys.argv])
    try:
        if '--choose' in sys.argv:
            return subprocess.call([chosen_python(folder), __file__, str(folder)])
        check_python()
        set_up(folder)
    except SetupError as error:
        print(f'set-up: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\nset-up interrupted; the same command starts it again', file=sys.stderr)
        return 130
    return 0


def chosen_python(folder: Path) -> str:
    """The Python that made ``folder``, or the one to make it with; the choice is printed."""
    stamp = folder / STAMP
    kept = stamp.read_text().splitlines()[1:] if stamp.is_file() else []
    named = os.environ.get(choose_python.VARIABLE)
    if kept and Path(kept[0]).exists() and named in (None, '', kept[0]):
        return kept[0]
    if 'torch' in users_packages() and OLDEST <= sys.version_info[:2] <= NEWEST and not named:
        print(f'set-up: {sys.executable} is taken because it has torch.')
        return sys.executable
    cpu = sys.platform != 'darwin' and not has_gpu()
    chosen = choose_python.choose(f'{torch_pin()}+cpu' if cpu else None, *CPU_OPTIONS)
    if chosen is None:
        return sys.executable  # refuses by itself, and says what is needed
    print(f'set-up: {chosen[1]}', flush=True)
    return chosen[0]


def check_python() -> None:
    """Raise SetupError on a Python for which the pinned packages have no wheels."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        version = '.'.join(map(str, sys.version_info[:2]))
        raise SetupError(
            f'{sys.executable} is Python {version}, but the pinned packages have wheels for '
            'Python 3.10 to 3.14. Install one of these and name it: make PYTHON=/path/to/python ...'
        )


def set_up(folder: Path) -> None:
    """Make the environment in ``folder``, unless it is there and up to date."""
    digest = digest_of_inputs(folder)
    stamp = folder / STAMP
    if stamp.is_file() and stamp.read_text().partition('\n')[0] == digest:
        return
    if not stamp.is_file() and folder.exists() and any(folder.iterdir()):
        raise SetupError(
            f'{folder} is there, but not made by this tool: move it away, or choose another '
            'folder (make VENV=FOLDER ...), or keep it and run the tools with its own python'
        )
    folder.mkdir(parents=True, exist_ok=True)
    stamp.write_text('unfinished')  # before the rest goes: a kill must not orphan the folder
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != stamp:
            path.unlink()
    if shutil.disk_usage(folder).free < GIGABYTES_NEEDED * 1e9:
        raise SetupError(f'{folder}: less than {GIGABYTES_NEEDED} GB free; make VENV=FOLDER ...')
    user = users_packages()
    python = make_venv(folder, user)
    install_torch(python, user)
    skip = {*user, *(['mmcv-lite'] if 'mmcv' in user else [])}
    listed = [line for line in read_list('runtime') + read_list('dev') if name_of(line) not in skip]
    pip(python, 'the pinned packages', '-c', str(REQUIREMENTS / 'constraints.txt'), *listed)
    pip(python, 'the packages that go without dependencies', '--no-deps', *read_list('nodeps'))
    pip(python, 'the project', '--no-deps', '--no-build-isolation', '-e', str(ROOT))
    stamp.write_text(f'{digest}\n{sys.executable}\n')
    print(f'set-up: {folder} is ready')


def digest_of_inputs(folder: Path) -> str:
    """A digest of what the environment depends on; it cannot be moved, so paths count."""
    inputs = [sys.version, sys.base_prefix, str(folder), str(ROOT)]
    files = [*sorted(REQUIREMENTS.glob('*.txt')), Path(__file__), ROOT / 'setup.cfg']
    inputs += [path.read_text(encoding='utf-8') for path in files]
    return hashlib.sha256('\0'.join(inputs).encode()).hexdigest()


def users_packages() -> dict[str, Path]:
    """The folder of each of torch, mmcv and mmdet that the user's Python has."""
    found = {}
    for name in ('torch', 'mmcv', 'mmcv-lite', 'mmdet'):
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        if name.startswith('mmcv') and not package.version.startswith('2.'):
            print(f'set-up: {name} {package.version} is not used, mmpose needs mmcv 2')
            continue
        found[name] = Path(str(package.locate_file(''))).resolve()
    return found


def make_venv(folder: Path, user: dict[str, Path]) -> Path:
    """Create the environment; the user's packages come after its own on the path."""
    if subprocess.call([sys.executable, '-m', 'venv', str(folder)]):
        raise SetupError('python -m venv failed; on Debian and Ubuntu: apt install python3-venv')
    python = folder / ('Scripts' if os.name == 'nt' else 'bin') / 'python'
    if user:
        print(f'set-up: {", ".join(user)} of {sys.executable}: used, not installed again')
        query = 'import sysconfig; print(sysconfig.get_path("purelib"))'
        site = subprocess.check_output([str(python), '-c', query], text=True).strip()
        lines = '\n'.join(dict.fromkeys(map(str, user.values())))
        Path(site, 'zz_users_packages.pth').write_text(lines + '\n')
    return python


def install_torch(python: Path, user: dict[str, Path]) -> None:
    """Install the CPU build of torch; PyPI's (for Linux: CUDA, gigabytes) comes in its place."""
    if 'torch' in user or sys.platform == 'darwin' or has_gpu():
        return
    try:
        pip(python, 'the CPU build of torch', '--no-deps', *CPU_OPTIONS, torch_pin())
    except SetupError:
        print(f"set-up: no CPU build of torch from {CPU_INDEX}: taking PyPI's, which is large")


def torch_pin() -> str:
    """``torch==...`` of the lists."""
    return next(line for line in read_list('runtime') if name_of(line) == 'torch')


def has_gpu() -> bool:
    """Whether NVIDIA's driver lists a GPU."""
    tool = shutil.which('nvidia-smi')
    return tool is not None and b'GPU' in subprocess.run([tool, '-L'], capture_output=True).stdout


def read_list(name: str) -> list[str]:
    """The requirements in ``requirements/NAME.txt``, without comments and options."""
    text = (REQUIREMENTS / f'{name}.txt').read_text(encoding='utf-8')
    lines = (line.partition('#')[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith('-')]


def name_of(requirement: str) -> str:
    """``torch`` of ``torch==2.13.0``."""
    return requirement.partition('==')[0].strip().lower()


def pip(python: Path, what: str, *arguments: str) -> None:
    """Run ``pip install``; SetupError names ``what`` if it fails."""
    print(f'set-up: installing {what}', flush=True)
    quiet = [] if sys.stdout.isatty() else ['--quiet']
    command = [str(python), '-m', 'pip', 'install', '--disable-pip-version-check', *quiet]
    if subprocess.call([*command, *arguments]):
        raise SetupError(f"installing {what} failed: pip's message above says why. Then try again")


if __name__ == '__main__':
    sys.exit(main())
