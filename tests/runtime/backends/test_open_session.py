import sys
import types

import numpy as np
import pytest
from helpers.exported_models import face_folder, face_graph, face_info, write_folder

from pfld_mm.runtime.backends.open_session import open_session
from pfld_mm.runtime.face_landmarker import FaceLandmarker
from pfld_mm.runtime.model_folder import ModelFolder


def test_batch_is_read_from_the_model(tmp_path, face_model):
    assert open_session(ModelFolder.read(face_model)).batch is None
    static = face_folder(tmp_path / 'm', batch=2, golden=False)
    assert open_session(ModelFolder.read(static)).batch == 2


@pytest.mark.parametrize('backend', ['onnxruntime', 'openvino', 'ncnn'])
def test_a_backend_that_is_not_installed(monkeypatch, tmp_path, backend):
    folder = face_folder(tmp_path / 'm', golden=False)
    for name in ('model.xml', 'model.bin', 'model.ncnn.param', 'model.ncnn.bin'):
        (folder / name).write_text('x')
    monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(ImportError, match=f'(?i)pip install {backend}'):
        open_session(ModelFolder.read(folder), backend)


def test_unknown_backends_and_threads(face_model):
    folder = ModelFolder.read(face_model)
    with pytest.raises(ValueError, match="unknown backend 'abacus'; use one of"):
        open_session(folder, 'abacus')
    with pytest.raises(
        FileNotFoundError,
        match=r"int8\.onnx: missing.*use one of \['onnxruntime', 'openvino_bf16'\]",
    ):
        open_session(folder, 'onnxruntime_int8')
    with pytest.raises(ValueError, match='threads must be 0 or more'):
        open_session(folder, threads=-1)


def test_int8_is_another_file_of_the_same_engine(tmp_path, face_model):
    folder = face_folder(tmp_path / 'm')
    (folder / 'model.int8.onnx').write_bytes((folder / 'model.onnx').read_bytes())
    assert open_session(ModelFolder.read(folder), 'onnxruntime_int8').source.endswith('int8.onnx')
    assert FaceLandmarker(folder, 'onnxruntime_int8').self_test() < 1e-3


def test_threads_do_not_change_the_answer(face_model):
    tensor = np.random.default_rng(0).uniform(0, 1, (3, 3, 112, 112)).astype(np.float32)
    one, two = (open_session(ModelFolder.read(face_model), threads=n)(tensor) for n in (1, 2))
    np.testing.assert_allclose(one, two, atol=1e-5)


def test_an_input_of_another_size_is_refused(tmp_path):
    info, graph = face_info(size=(128, 96)), face_graph(size=(112, 112))
    folder = write_folder(tmp_path / 'm', info, graph, golden=False)
    with pytest.raises(ValueError, match=r'expected one float input \(N, 3, 96, 128\).*112'):
        open_session(ModelFolder.read(folder))


class FakeNet:
    """ncnn.Net as far as the session uses it; doubles its input."""

    def __init__(self):
        self.opt = types.SimpleNamespace()

    def load_param(self, file):
        return 0 if 'param' in file else -1

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


def test_ncnn_session_speaks_to_ncnn(monkeypatch, tmp_path):
    """The real ncnn is tried where it is installed; this holds the calls and the errors."""
    monkeypatch.setitem(sys.modules, 'ncnn', types.SimpleNamespace(Net=FakeNet, Mat=FakeMat))
    folder = face_folder(tmp_path / 'm', golden=False)
    (folder / 'model.ncnn.param').write_text('param')
    (folder / 'model.ncnn.bin').write_text('weights')
    session = open_session(ModelFolder.read(folder), 'ncnn')
    assert session.batch == 1
    np.testing.assert_array_equal(
        session(np.ones((1, 3, 2, 2), np.float32)), np.full((1, 3, 2, 2), 2)
    )
    (folder / 'model.ncnn.bin').write_text('broken')
    with pytest.raises(ValueError, match=r'model\.ncnn\.bin: ncnn cannot load it'):
        open_session(ModelFolder.read(folder), 'ncnn')


def test_openvino_reads_the_onnx_file_in_bfloat16(tmp_path, face_model):
    """In float32 where the processor has no bfloat16."""
    pytest.importorskip('openvino')
    tensor = np.random.default_rng(0).uniform(0, 1, (1, 3, 112, 112)).astype(np.float32)
    folder = ModelFolder.read(face_model)
    exact, half = (open_session(folder, b)(tensor) for b in ('onnxruntime', 'openvino_bf16'))
    np.testing.assert_allclose(half, exact, atol=0.02 * np.abs(exact).max())
    assert FaceLandmarker(face_model, 'openvino_bf16').self_test() < 0.5
