import importlib.util

import numpy as np
import pytest
from helpers.graphs import small_network
from helpers.sessions import open_files

from pfld_mm.deploy.backends import openvino
from pfld_mm.deploy.backends.conversion import Conversion


def test_a_missing_openvino_is_named(monkeypatch):
    monkeypatch.setattr(openvino, 'find_spec', lambda name: None)
    with pytest.raises(ModuleNotFoundError, match='pip install openvino'):
        openvino.check_installed()


@pytest.mark.skipif(not importlib.util.find_spec('openvino'), reason='needs openvino')
@pytest.mark.parametrize(('half', 'stem'), [(False, 'model'), (True, 'model.fp16')])
def test_files_give_the_networks_answers(tmp_path, half, stem):
    openvino.check_installed()
    graph, x, expected = small_network()
    files = openvino.convert(graph, tmp_path, Conversion('openvino', half))
    assert files == [f'{stem}.xml', f'{stem}.bin'] == sorted(files, reverse=True)
    assert {path.name for path in tmp_path.iterdir()} == set(files)
    found = open_files(tmp_path, files, x.shape[1:])(x)
    np.testing.assert_allclose(found, expected, atol=3e-3 if half else 1e-5)


@pytest.mark.skipif(not importlib.util.find_spec('openvino'), reason='needs openvino')
def test_float16_takes_half_the_memory(tmp_path):
    graph = small_network(channels=64)[0]
    whole, half = (
        (tmp_path / openvino.convert(graph, tmp_path, Conversion('openvino', half))[1]).stat()
        for half in (False, True)
    )
    assert 0.48 < half.st_size / whole.st_size < 0.55
