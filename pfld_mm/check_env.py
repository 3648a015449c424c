"""What is installed, what is missing, and the command that installs it.

``python -m pfld_mm.check_env [runtime|training|export]`` (default: training). The exit code is 1
if something that this purpose needs is missing or wrong. Needs nothing but Python itself.
"""

import importlib
import importlib.util
import platform
import sys
import warnings
from dataclasses import dataclass, replace
from importlib import metadata

OLDEST_PYTHON = (3, 10)
PURPOSES = ('runtime', 'training', 'export')
_ALL, _TRAINING, _EXPORT = PURPOSES, ('training', 'export'), ('export',)
_NODEPS = 'pip install --no-deps'


@dataclass(frozen=True)
class Package:
    """One line of the table.

    Attributes:
        module: Import name.
        names: Distributions that provide it, the usual one first.
        expected: Version bounds such as ``'>=1.24,<2'``; empty for any.
        cure: The command that installs the right version.
        needed_for: Which of ``PURPOSES`` need it; empty for optional ones.
    """

    module: str
    names: tuple[str, ...]
    expected: str
    cure: str
    needed_for: tuple[str, ...] = ()


PACKAGES = (
    # mmpose's visualizer fails with numpy 2.4; the runtime takes any (packages_for)
    Package('numpy', ('numpy',), '>=1.24,<2.4', 'pip install "numpy>=1.24,<2.4"', _ALL),
    Package(
        'cv2',
        ('opencv-python', 'opencv-python-headless', 'opencv-contrib-python'),
        '>=4.8,<6',
        'pip install opencv-python==4.14.0.94',
        _ALL,
    ),
    Package(
        'onnxruntime',
        ('onnxruntime', 'onnxruntime-gpu'),
        '>=1.16',
        'pip install onnxruntime',
        ('runtime', 'export'),
    ),
    Package('torch', ('torch',), '>=2.4', 'pip install torch==2.13.0', _TRAINING),
    Package(
        'pkg_resources', ('setuptools',), '>=64,<82', 'pip install setuptools==80.9.0', _TRAINING
    ),
    Package(
        'mmengine',
        ('mmengine', 'mmengine-lite', 'onedl-mmengine'),
        '>=0.10.5,<0.11',
        'pip install mmengine==0.10.7',
        _TRAINING,
    ),
    Package(
        'mmcv',
        ('mmcv', 'mmcv-lite', 'onedl-mmcv'),
        '>=2.0.1,<3',
        'pip install mmcv-lite==2.2.0',
        _TRAINING,
    ),
    Package('munkres', ('munkres',), '', 'pip install munkres==3.0.0', _TRAINING),
    Package('scipy', ('scipy',), '', 'pip install scipy', _TRAINING),
    Package('matplotlib', ('matplotlib',), '', 'pip install matplotlib', _TRAINING),
    Package('PIL', ('pillow',), '', 'pip install pillow', _TRAINING),
    Package('mmpose', ('mmpose',), '==1.3.2', f'{_NODEPS} mmpose==1.3.2', _TRAINING),
    Package(
        'albumentations',
        ('albumentations',),
        '>=2.0,<2.1',
        f'{_NODEPS} albumentations==2.0.8 albucore==0.0.24',
        _TRAINING,
    ),
    Package('tqdm', ('tqdm',), '', 'pip install tqdm==4.70.1', _TRAINING),
    Package('tensorboard', ('tensorboard',), '', 'pip install tensorboard==2.21.0'),
    Package('onnx', ('onnx',), '>=1.16', 'pip install onnx==1.23.2', _EXPORT),
    Package('mmdeploy', ('mmdeploy',), '==1.3.1', f'{_NODEPS} mmdeploy==1.3.1', _EXPORT),
    Package('openvino', ('openvino',), '', 'pip install openvino'),
    Package('ncnn', ('ncnn',), '', 'pip install ncnn'),
    Package('mmdet', ('mmdet', 'onedl-mmdetection'), '>=3.0', f'{_NODEPS} mmdet==3.3.0'),
    Package('torchvision', ('torchvision',), '', 'pip uninstall torchvision'),
)
# The bounds of a user of the runtime alone: those of setup.cfg's extra.
_RUNTIME_ONLY = {
    'numpy': dict(expected='>=1.24', cure='pip install "numpy>=1.24"'),
    'cv2': dict(expected='>=4.8', cure='pip install opencv-python'),
}


@dataclass(frozen=True)
class Finding:
    """What was found: ``state`` is ok, missing, wrong (version) or broken (import fails)."""

    package: Package
    state: str
    found: str


def main(purpose: str = 'training') -> int:
    """Print the table. Returns the exit code."""
    if purpose not in PURPOSES:
        print(f'unknown purpose {purpose!r}: one of {", ".join(PURPOSES)}', file=sys.stderr)
        return 2
    row = '{:<17}{:<30}{:<16}{:<9}{}'.format
    print(f'{sys.executable}, {platform.platform()}, for {purpose}\n')
    print(row('package', 'found', 'expected', 'state', 'cure'))
    old = sys.version_info < OLDEST_PYTHON
    python = ['wrong', 'install Python 3.10 to 3.14'] if old else ['ok', '']
    print(row('python', platform.python_version(), '>=3.10', *python))
    failed = int(old)
    for finding in map(inspect, packages_for(purpose)):
        package, state = finding.package, finding.state
        bad = state != 'ok'
        needed = purpose in package.needed_for
        failed += bad and needed
        cure = package.cure if bad and (needed or state != 'missing') else ''
        state += '' if needed or not bad else ' (-)'
        print(row(package.module, finding.found, package.expected or 'any', state, cure))
    print('\n(-): not needed for this purpose.' if purpose != 'runtime' else '')
    if not failed and purpose != 'runtime':
        failed = _import_mmpose()
    print(f'{failed} to be cured.' if failed else 'Everything that is needed is there.')
    return 1 if failed else 0


def packages_for(purpose: str) -> list[Package]:
    """The lines of the table; a user of the runtime alone sees only what the runtime needs."""
    if purpose != 'runtime':
        return list(PACKAGES)
    return [
        replace(package, **_RUNTIME_ONLY.get(package.module, {}))
        for package in PACKAGES
        if purpose in package.needed_for
    ]


def inspect(package: Package) -> Finding:
    """Look one package up, compare its version, and import it."""
    version, name = _installed(package.names)
    if version is None and importlib.util.find_spec(package.module.partition('.')[0]) is None:
        return Finding(package, 'missing', '-')
    found = version or 'version unknown'
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            module = importlib.import_module(package.module)
    except Exception as error:  # an import runs foreign code, which can raise anything
        return Finding(package, 'broken', f'{found}: {error}'.partition('\n')[0])
    found += _detail(package.module, module, name)
    right = version is None or _matches(version, package.expected)
    return Finding(package, 'ok' if right else 'wrong', found)


def _import_mmpose() -> int:
    """The proof: import mmpose's models as the configs do. Returns the number of failures."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            stubs = importlib.import_module('pfld_mm.compat').STUBS
    except Exception as error:
        print(f'mmpose cannot be imported all the same: {error}')
        return 1
    print(f'mmpose imports; stood in for (not installed, not needed): {", ".join(stubs) or "-"}')
    return 0


def _installed(names: tuple[str, ...]) -> tuple[str | None, str]:
    """Version and name of the first of these distributions that is installed."""
    for name in names:
        try:
            return metadata.version(name), name
        except metadata.PackageNotFoundError:
            continue
    return None, ''


def _detail(module_name: str, module: object, name: str) -> str:
    """What the version does not tell: the device of torch, the ops of mmcv."""
    if module_name == 'torch':
        return ', CUDA' if module.cuda.is_available() else ', CPU'  # type: ignore[attr-defined]
    if module_name == 'mmcv':
        ops = importlib.util.find_spec('mmcv._ext') is not None
        return f' {name}, {"with" if ops else "without"} ops'
    return f' {name}' if module_name == 'cv2' else ''


def _matches(version: str, bounds: str) -> bool:
    """Whether ``version`` lies within bounds such as ``'>=1.24,<2'``."""
    found = _numbers(version)
    for bound in filter(None, bounds.split(',')):
        operator = bound.rstrip('0123456789.')
        limit = _numbers(bound[len(operator) :])
        ok = {'==': found == limit, '>=': found >= limit, '<': found < limit}[operator]
        if not ok:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    """``(2, 13, 0)`` of ``'2.13.0+cpu'``."""
    numbers = []
    for part in version.partition('+')[0].split('.'):
        digits = part[: len(part) - len(part.lstrip('0123456789'))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:2]))
