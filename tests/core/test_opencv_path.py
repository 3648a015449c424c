import io
import sys
from pathlib import Path

import pytest

from pfld_mm.core.opencv_path import opencv_path
from pfld_mm.runtime.__main__ import main


@pytest.mark.parametrize('name', ['\udcff.jpg', 'b/\udce9t\udce9', '\ud800'])
def test_names_that_opencv_dies_of(name):
    with pytest.raises(ValueError, match=r'\\ud.*not UTF-8; rename the file'):
        opencv_path(Path(name))


@pytest.mark.parametrize('name', ['a b.jpg', '人脸.png', ''])
def test_other_names(name):
    assert opencv_path(name) == name


@pytest.mark.parametrize('options', [[], ['--out', '\udcff.png'], ['--yunet', '\udcff']])
def test_the_command_line_says_so(options, monkeypatch):
    said = io.BytesIO()  # as the interpreter's own: what is no UTF-8 is escaped
    monkeypatch.setattr(sys, 'stderr', io.TextIOWrapper(said, errors='backslashreplace'))
    assert main(['\udcff.jpg', *options]) == 2
    sys.stderr.flush()
    assert said.getvalue().startswith(b'error: ')
