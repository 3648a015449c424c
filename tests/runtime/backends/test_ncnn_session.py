import sys
import types

import numpy as np
import pytest
from helpers.doubling import NCNN_PARAM, image

from pfld_mm.runtime.backends.ncnn_session import NcnnSession

OPTIONS = ('use_fp16_packed', 'use_fp16_storage', 'use_fp16_arithmetic')


class FakeNet:
    """ncnn.Net as far as the session uses it; doubles its input."""

    made = []

    def __init__(self):
        self.opt = types.SimpleNamespace()
        self.made.append(self)

    def load_param(self, file):
        return 0 if open(file).read() == 'param' else -1

    def load_model(self, file):
        return 0 if open(file).read() == 'weights' else -1

    def input_names(self):
        return ['in0']

    def output_names(self):
        return ['out0']

    def create_extractor(self):
        given = {}
        return types.SimpleNamespace(
            input=given.__setitem__, extract=lambda name: (0, given['in0'] * 2)
        )


class FakeMat(np.ndarray):
    def __new__(cls, array):
        return np.asarray(array).view(cls)

    clone = np.ndarray.copy


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """A played ncnn, the nets that were made, and two files."""
    FakeNet.made = []
    monkeypatch.setitem(sys.modules, 'ncnn', types.SimpleNamespace(Net=FakeNet, Mat=FakeMat))
    (tmp_path / 'model.param').write_text('param')
    (tmp_path / 'model.bin').write_text('weights')
    return tmp_path / 'model.param', tmp_path / 'model.bin'


def test_speaks_to_ncnn(fake):
    session = NcnnSession(*fake)
    assert session.batch == 1 and session.source == str(fake[0])
    np.testing.assert_array_equal(session(image()), 2 * image())


@pytest.mark.parametrize('half', [False, True])
@pytest.mark.parametrize('threads', [0, 3])
def test_precision_and_threads_are_options(fake, half, threads):
    NcnnSession(*fake, threads, half)
    (net,) = FakeNet.made
    assert [getattr(net.opt, name) for name in OPTIONS] == [half] * 3
    assert net.opt.use_vulkan_compute is False
    assert getattr(net.opt, 'num_threads', 0) == threads


def test_a_damaged_file_is_named(fake):
    fake[1].write_text('broken')
    with pytest.raises(ValueError, match=r'model\.bin: ncnn cannot load it'):
        NcnnSession(*fake)


def test_two_outputs_are_refused(fake, monkeypatch):
    monkeypatch.setattr(FakeNet, 'output_names', lambda self: ['out0', 'out1'])
    with pytest.raises(ValueError, match=r"one output, found \['in0'\] and \['out0', 'out1'\]"):
        NcnnSession(*fake)


def test_a_code_of_ncnn_is_told(fake, monkeypatch):
    extractor = types.SimpleNamespace(input=lambda *_: None, extract=lambda _: (-100, None))
    monkeypatch.setattr(FakeNet, 'create_extractor', lambda self: extractor)
    with pytest.raises(RuntimeError, match=r'code -100 on an input of \(1, 3, 4, 5\)'):
        NcnnSession(*fake)(image())


def test_without_ncnn(fake, monkeypatch):
    monkeypatch.setitem(sys.modules, 'ncnn', None)
    with pytest.raises(ImportError, match='pip install ncnn'):
        NcnnSession(*fake)


@pytest.mark.parametrize('half', [False, True])
def test_the_real_ncnn_doubles(tmp_path, half):
    pytest.importorskip('ncnn')
    param, weights = tmp_path / 'double.param', tmp_path / 'double.bin'
    param.write_text(NCNN_PARAM)
    weights.write_bytes(b'')
    session = NcnnSession(param, weights, half=half)
    found = session(image(seed=1))
    session(image(seed=2))
    np.testing.assert_array_equal(found, 2 * image(seed=1))
