"""Run one of mmpose's own scripts: ``python -m pfld_mm.compat SCRIPT ARGUMENTS``.

mmpose 1.3.2 imports mmdet, torchvision, xtcocotools and mmcv's compiled ops at once. Its
``tools/train.py`` and ``tools/test.py`` read the config first, whose ``custom_imports`` bring the
stand-ins; a script that begins with ``from mmpose ...`` (``browse_dataset.py``) needs them before.
A name that is no file is looked for in mmpose's own tools: ``misc/browse_dataset.py``.
"""

import runpy
import sys
from pathlib import Path

import pfld_mm.register  # noqa: F401


def find_script(name: str) -> Path:
    """The script ``name``, or that of mmpose's tools.

    Raises:
        FileNotFoundError: If there is neither.
    """
    import mmpose

    candidates = (Path(name), Path(mmpose.__path__[0], '.mim', 'tools', name))
    for path in candidates:
        if path.is_file():
            return path
    raise FileNotFoundError(
        f'no script {name}: neither {candidates[0].absolute()} nor {candidates[1]} is there'
    )


def main() -> None:
    """Run the script that the command line names, with the arguments after it."""
    if len(sys.argv) < 2:
        sys.exit('usage: python -m pfld_mm.compat SCRIPT [ARGUMENTS]')
    try:
        script = find_script(sys.argv[1])
    except FileNotFoundError as error:
        sys.exit(str(error))
    sys.argv = [str(script), *sys.argv[2:]]
    sys.path[0] = str(script.parent)
    runpy.run_path(str(script), run_name='__main__')


if __name__ == '__main__':
    main()
