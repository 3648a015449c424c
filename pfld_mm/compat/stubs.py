"""Stubs for what mmpose 1.3.2 imports and a top-down landmark model never calls.

mmpose imports ``mmcv.ops`` (compiled), ``mmdet.utils``, ``torchvision`` and ``xtcocotools`` even
for a regression model. A stub is made only for what cannot be imported, is in ``sys.modules``
only while mmpose is imported, and raises when it is called (that of ``xtcocotools.coco.COCO``
reads label files). Real packages are always preferred.
"""

import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NoReturn

from pfld_mm.compat.coco_labels import NEEDS_XTCOCOTOOLS, CocoLabels

logger = logging.getLogger(__name__)

# Imported under the stubs: the modules that bind their names at import time.
_NEEDS_STUBS = (
    'mmcv.ops',
    'mmpose.datasets',
    'mmpose.evaluation',
    'mmpose.models',
    'mmpose.visualization',
)


def import_mmpose() -> tuple[str, ...]:
    """Import mmpose's models and visualizers, with stubs for what is not installed.

    Returns:
        The names of the modules stood in for, such as ``('mmcv._ext', 'mmdet.utils')``.

    Raises:
        ImportError: if something is missing that no stub can replace (mmpose, mmengine,
            mmcv, pkg_resources); the message names the command that lists the cures.
    """
    try:
        with _stubs() as names:
            for module in _NEEDS_STUBS:
                importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f'mmpose cannot be imported: {error}. '
            'Run `python -m pfld_mm.check_env`: it names what is missing and the cure.'
        ) from error
    return names


@contextmanager
def _stubs() -> Iterator[tuple[str, ...]]:
    """Keep stubs for the packages that cannot be imported in ``sys.modules``."""
    added: dict[str, ModuleType] = {}
    broken: list[str] = []
    names = []
    try:
        for name, make in _MAKERS.items():
            error = _import_error(name)
            if error is None:
                continue
            modules = make()
            added.update(modules)
            sys.modules.update(modules)
            names.append(name)
            if isinstance(error, ModuleNotFoundError):
                logger.debug('%s is not installed: a stub takes its place', name)
            else:
                broken.append(name.partition('.')[0])
                logger.warning('%s is installed but broken, and not used: %s', name, error)
        yield tuple(names)
    finally:
        for name in added:  # no other package may mistake them for the real ones
            sys.modules.pop(name, None)
        for name in set(broken) - {'mmcv'}:
            # A second attempt would fail with an error that upstream does not expect (mmengine's
            # collect_env catches ModuleNotFoundError only); None makes it that error.
            sys.modules[name] = None  # type: ignore[assignment]


def _import_error(name: str) -> Exception | None:
    """Import ``name`` and return the error, or None if it is there and works."""
    before = set(sys.modules)
    try:
        importlib.import_module(name)
    except Exception as error:  # CPU torch: RuntimeError from torchvision; mmdet: AssertionError
        root = name.partition('.')[0]
        if root not in sys.modules:  # its half-imported submodules
            for left in set(sys.modules) - before:
                if left.startswith(f'{root}.'):
                    del sys.modules[left]
        return error
    return None


def _raising(what: str, needs: str) -> Callable[..., NoReturn]:
    """A function that says what is missing when it is called."""
    return _saying(
        what,
        f'{what} was called, but {needs} is not installed: install it, '
        'or use a model that does not need it.',
    )


def _saying(what: str, message: str) -> Callable[..., NoReturn]:
    """A function named ``what`` that raises RuntimeError with ``message``."""

    def stub(*args: object, **kwargs: object) -> NoReturn:
        raise RuntimeError(message)

    stub.__name__ = stub.__qualname__ = what
    return stub


class _CompiledOps(ModuleType):
    """``mmcv._ext``: mmcv checks that each op exists when it is imported; none of them runs."""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith('__'):
            raise AttributeError(name)
        return _raising(f'the mmcv op {name!r}', 'mmcv with compiled ops')


def _package(name: str, child: str, **names: object) -> dict[str, ModuleType]:
    """A package with one submodule ``child`` that holds ``names``."""
    package = ModuleType(name)
    package.__spec__ = ModuleSpec(name, None, is_package=True)
    package.__path__ = []
    return {name: package} | _child({name: package}, child, **names)


def _child(modules: dict[str, ModuleType], child: str, **names: object) -> dict[str, ModuleType]:
    """A submodule ``child``, holding ``names``, of the package that comes first in ``modules``."""
    package = next(iter(modules.values()))
    module = ModuleType(f'{package.__name__}.{child}')
    module.__spec__ = ModuleSpec(module.__name__, None)
    vars(module).update(names)
    setattr(package, child, module)
    return {module.__name__: module}


def _compiled_ops() -> dict[str, ModuleType]:
    module = _CompiledOps('mmcv._ext')
    module.__spec__ = ModuleSpec('mmcv._ext', None)
    return {'mmcv._ext': module}


def _mmdet() -> dict[str, ModuleType]:
    return _package(
        'mmdet', 'utils', ConfigType=dict, reduce_mean=_raising('mmdet.utils.reduce_mean', 'mmdet')
    )


def _torchvision() -> dict[str, ModuleType]:
    to_pil = _raising('torchvision.transforms.ToPILImage', 'torchvision')
    return _package('torchvision', 'transforms', ToPILImage=to_pil)


def _xtcocotools() -> dict[str, ModuleType]:
    evaluation, rle = 'xtcocotools.cocoeval.COCOeval', 'xtcocotools.mask'
    modules = _package('xtcocotools', 'coco', COCO=CocoLabels)
    modules |= _child(
        modules, 'cocoeval', COCOeval=_saying(evaluation, NEEDS_XTCOCOTOOLS.format(evaluation))
    )
    raising = _saying(rle, NEEDS_XTCOCOTOOLS.format(rle))
    names = ('frPyObjects', 'merge', 'decode', 'encode', 'area', 'iou', 'toBbox')
    return modules | _child(modules, 'mask', **dict.fromkeys(names, raising))


# In this order: a real mmdet may need mmcv's ops, and gets the stub for them.
_MAKERS: dict[str, Callable[[], dict[str, ModuleType]]] = {
    'mmcv._ext': _compiled_ops,
    'mmdet.utils': _mmdet,
    'torchvision.transforms': _torchvision,
    'xtcocotools.mask': _xtcocotools,  # the compiled part: it fails where numpy does not fit
}
