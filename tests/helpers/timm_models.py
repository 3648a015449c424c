"""timm without torchvision, of which it needs a few names at import."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest


class _NameOfItself(type):
    def __getattr__(cls, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return name


class _AnyModule(ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return _NameOfItself(name, (), {})


class _Finder:
    def find_spec(self, name, path=None, target=None):
        is_it = name.partition('.')[0] == 'torchvision'
        return ModuleSpec(name, self, is_package=True) if is_it else None

    def create_module(self, spec):
        return _AnyModule(spec.name)

    def exec_module(self, module):
        pass


def import_timm():
    """The package, or skip the test. Stand-ins for torchvision are gone again afterwards."""
    finder = _Finder()
    sys.meta_path.append(finder)
    try:
        return pytest.importorskip('timm', reason='timm is optional: pip install --no-deps timm')
    finally:
        sys.meta_path.remove(finder)
        for name in [n for n, m in sys.modules.items() if isinstance(m, _AnyModule)]:
            del sys.modules[name]
