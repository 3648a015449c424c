"""A loader's worker that is spawned unpickles the dataset before anything else is imported."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    'module',
    [
        'datasets.face.wflw',
        'datasets.finder.finder_mixture',
        'datasets.slider.slider_synthetic',
        'datasets.transforms.crop_face',
        'codecs.face_map',
    ],
)
def test_a_module_imports_first(module):
    code = f'import pfld_mm.{module}, sys; assert "pfld_mm.compat" in sys.modules'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
