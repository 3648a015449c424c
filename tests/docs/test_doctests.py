"""The examples in docstrings run."""

import doctest
import importlib
from pathlib import Path

import pytest

import pfld_mm

ROOT = Path(pfld_mm.__file__).parent
NEEDS_PHOTO = {'pfld_mm.runtime.face_finder'}


def modules():
    for path in sorted(ROOT.rglob('*.py')):
        name = '.'.join(path.relative_to(ROOT.parent).with_suffix('').parts)
        if '>>>' in path.read_text(encoding='utf-8') and name not in NEEDS_PHOTO:
            yield name


@pytest.mark.parametrize('name', list(modules()))
def test_examples(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0
