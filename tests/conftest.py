"""Makes mmpose importable in every test, as ``pfld_mm.register`` does for every config."""

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault('OMP_WAIT_POLICY', 'passive')  # read when torch is loaded
os.environ.setdefault('GOMP_SPINCOUNT', '0')

import pytest
from helpers.wheels import build
from mmengine.config import Config

import pfld_mm.compat  # noqa: F401 before mmengine
from pfld_mm.synth.faces.wflw_tree import write_wflw_tree


@pytest.fixture(scope='session')
def synthetic_faces(tmp_path_factory) -> Path:
    """A tree of WFLW's form with 48 faces for training and 11 for testing."""
    return write_wflw_tree(tmp_path_factory.mktemp('faces') / 'tree', 48, 11, seed=0, workers=1)


@pytest.fixture(scope='session')
def wheel_file(tmp_path_factory) -> Path:
    """The project's wheel."""
    return build('wheel', tmp_path_factory.mktemp('wheel'))


@pytest.fixture(autouse=True, scope='session')
def configs_formatted_once() -> Iterator[None]:
    """MMEngine formats the config anew for every checkpoint, which takes half a second."""
    formatted, known = Config.pretty_text.fget, {}

    def pretty_text(config: Config) -> str:
        settings = repr(config._cfg_dict)
        if settings not in known:
            known[settings] = formatted(config)
        return known[settings]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Config, 'pretty_text', property(pretty_text))
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tests that try a part of their inputs each time can try them all."""
    parser.addoption('--whole', action='store_true', help='all generated inputs, all instants')
