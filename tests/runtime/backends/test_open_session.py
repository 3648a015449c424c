import sys
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.exported_models import face_folder, face_graph, face_info, write_folder

from pfld_mm.runtime.backends import open_session as module
from pfld_mm.runtime.backends.open_session import open_session
from pfld_mm.runtime.face_landmarker import FaceLandmarker
from pfld_mm.runtime.model_folder import ModelFolder


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


@pytest.mark.parametrize('threads', [-1, 100_000, 10**20, 1.5, True, None])
def test_impossible_threads_are_named(face_model, threads):
    folder = ModelFolder.read(face_model)
    with pytest.raises(ValueError, match=r'threads must be a whole number from 0 to \d+, found'):
        open_session(folder, threads=threads)
    assert open_session(folder, threads=np.int64(2))


def test_int8_is_another_file_of_the_same_engine(tmp_path, face_model):
    folder = face_folder(tmp_path / 'm')
    (folder / 'model.int8.onnx').write_bytes((folder / 'model.onnx').read_bytes())
    assert open_session(ModelFolder.read(folder), 'onnxruntime_int8').source.endswith('int8.onnx')
    assert FaceLandmarker(folder, 'onnxruntime_int8').self_test() < 1e-3


def test_an_input_of_another_size_is_refused(tmp_path):
    info, graph = face_info(size=(128, 96)), face_graph(size=(112, 112))
    folder = write_folder(tmp_path / 'm', info, graph, golden=False)
    with pytest.raises(ValueError, match=r'expected one float input \(N, 3, 96, 128\).*112'):
        open_session(ModelFolder.read(folder))


@pytest.mark.parametrize(
    ('backend', 'session', 'files', 'half'),
    [
        ('openvino', 'OpenvinoSession', ['model.xml'], False),
        ('openvino_fp16', 'OpenvinoSession', ['model.fp16.xml'], False),
        ('openvino_bf16', 'OpenvinoSession', ['model.onnx'], True),
        ('ncnn', 'NcnnSession', ['model.ncnn.param', 'model.ncnn.bin'], False),
        ('ncnn_fp16', 'NcnnSession', ['fp16.param', 'fp16.bin'], True),
        ('tensorrt_fp16', 'TensorrtSession', ['model.fp16.engine'], None),
    ],
)
def test_a_form_is_a_file_and_a_precision(tmp_path, monkeypatch, backend, session, files, half):
    """openvino_fp16 is a file of half the size that is computed in float32."""
    forms = dict(
        openvino_fp16=['model.fp16.xml', 'model.fp16.bin'],
        ncnn_fp16=['fp16.param', 'fp16.bin'],
        tensorrt_fp16=['model.fp16.engine'],
    )
    folder = face_folder(
        tmp_path / 'm', golden=False, files={'onnxruntime': ['model.onnx'], **forms}
    )
    for name in sum(
        forms.values(), ['model.xml', 'model.bin', 'model.ncnn.param', 'model.ncnn.bin']
    ):
        (folder / name).write_text('x')
    opened = []

    def open_fake(*args, **options):
        opened.append((args, options))
        return SimpleNamespace(batch=None)

    monkeypatch.setattr(module, session, open_fake)
    open_session(ModelFolder.read(folder), backend, threads=3)
    ((arguments, options),) = opened
    assert [str(path) for path in arguments[: len(files)]] == [str(folder / name) for name in files]
    assert options.get('half') == half
    assert (3 in arguments) == (half is not None)
    assert ((3, 112, 112) in arguments) == (session != 'NcnnSession')


@pytest.mark.parametrize(('batch', 'is_right'), [(1, True), (256, True), (257, False), (0, False)])
def test_a_fixed_batch_is_bounded(face_model, monkeypatch, batch, is_right):
    """One face would be filled up to it."""
    fake = SimpleNamespace(batch=batch, source='model.onnx')
    monkeypatch.setattr(module, '_open', lambda *_: fake)
    folder = ModelFolder.read(face_model)
    if is_right:
        assert open_session(folder) is fake
    else:
        with pytest.raises(ValueError, match=rf'model\.onnx: takes {batch} images at a time'):
            open_session(folder)
