import subprocess

import numpy as np
import onnx
import pytest
from helpers.graphs import small_network
from helpers.sessions import open_files

from pfld_mm.deploy.backends import ncnn
from pfld_mm.deploy.backends.conversion import Conversion
from pfld_mm.runtime.model_folder import SHIPPED


@pytest.mark.parametrize('missing', ['pnnx', 'ncnn'])
def test_a_missing_package_is_named(monkeypatch, missing):
    monkeypatch.setattr(ncnn, 'find_spec', lambda name: None if name == missing else name)
    with pytest.raises(ModuleNotFoundError, match='pip install pnnx ncnn'):
        ncnn.check_installed()


@pytest.fixture
def tools():
    pytest.importorskip('ncnn')
    return pytest.importorskip('pnnx')


@pytest.mark.parametrize(('half', 'prefix'), [(False, 'model'), (True, 'model.fp16')])
def test_files_give_the_networks_answers(tools, tmp_path, half, prefix):
    graph, x, expected = small_network()
    files = ncnn.convert(graph, tmp_path, Conversion('ncnn', half))
    assert files == [f'{prefix}.ncnn.param', f'{prefix}.ncnn.bin']
    assert {path.name for path in tmp_path.iterdir()} == set(files)  # pnnx's own are cleared away
    found = open_files(tmp_path, files, x.shape[1:])(x)
    np.testing.assert_allclose(found, expected, atol=3e-3 if half else 1e-5)


def test_what_pnnx_says_is_told(tools, tmp_path, monkeypatch):
    done = subprocess.CompletedProcess([], 1, 'its output', 'its error')
    monkeypatch.setattr(ncnn.subprocess, 'run', lambda *_, **__: done)
    with pytest.raises(RuntimeError, match='pnnx failed: its errorits output'):
        ncnn.convert(small_network()[0], tmp_path, Conversion('ncnn'))
    assert list(tmp_path.iterdir()) == []


def test_a_layer_that_ncnn_lacks_is_named(tmp_path):
    layers = ['Convolution conv 1 1 in0 1', 'torch.roll roll 1 1 1 2', 'aten::linalg inv 1 1 2 3']
    param = tmp_path / 'model.param'
    param.write_text('\n'.join(['7767517', '3 4', *layers]))
    with pytest.raises(RuntimeError, match=r'no layer for aten::linalg, torch\.roll: use another'):
        ncnn._check_layers(param)


def test_a_sum_without_its_axes_is_named(tmp_path):
    param = tmp_path / 'model.param'
    param.write_text('7767517\n1 2\nReduction sum 1 1 1 2 0=0 1=0 -23303=0 4=0 5=1\n')
    with pytest.raises(RuntimeError, match='pnnx lost the axes'):
        ncnn._check_layers(param)


@pytest.mark.parametrize(('half', 'bound'), [(False, 1e-3), (True, 0.05)])
def test_the_shipped_pair_verifier_on_the_golden_squares(tools, tmp_path, half, bound):
    """Boxes in pixels, the logit of the match and the angle in radians, as onnxruntime's."""
    folder = SHIPPED / 'litehrnet18_fast_slider'
    with np.load(folder / 'golden.npz') as golden:
        squares, expected = golden['squares'], golden['squares_output']
    graph = onnx.load(folder / 'pair_verifier.onnx')
    files = ncnn.convert(graph, tmp_path, Conversion('ncnn', half))
    session = open_files(tmp_path, files, squares.shape[1:])
    found = np.concatenate([session(one[None]) for one in squares])
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=bound)
