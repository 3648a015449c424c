import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers.doubling import SHAPE, image, write_onnx

from pfld_mm.runtime.backends.open_session import open_session
from pfld_mm.runtime.backends.openvino_session import OpenvinoSession
from pfld_mm.runtime.face_landmarker import FaceLandmarker
from pfld_mm.runtime.model_folder import ModelFolder


def test_without_openvino(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'openvino', None)
    with pytest.raises(ImportError, match='pip install openvino'):
        OpenvinoSession(tmp_path / 'm.onnx', SHAPE)


@pytest.fixture
def path(tmp_path):
    pytest.importorskip('openvino')
    return tmp_path / 'm.onnx'


@pytest.mark.parametrize('half', [False, True])
@pytest.mark.parametrize(('batch', 'expected'), [('N', None), (1, 1), (3, 3)])
def test_batch_is_read_from_the_model(path, batch, expected, half):
    session = OpenvinoSession(write_onnx(path, batch), SHAPE, half=half)
    assert session.batch == expected and session.source == str(path)
    tensor = image(expected or 5)
    np.testing.assert_array_equal(session(tensor), 2 * tensor)


def test_a_second_call_does_not_change_the_first_answer(path):
    session = OpenvinoSession(write_onnx(path), SHAPE)
    first = session(image(seed=1))
    session(image(seed=2))
    np.testing.assert_array_equal(first, 2 * image(seed=1))


def test_threads_share_a_session(path):
    session = OpenvinoSession(write_onnx(path), SHAPE)
    tensors = [image(1 + n % 3, seed=n) for n in range(60)]
    with ThreadPoolExecutor(4) as pool:
        for tensor, found in zip(tensors, pool.map(session, tensors), strict=True):
            np.testing.assert_array_equal(found, 2 * tensor)


def test_an_input_of_another_size_is_refused(path):
    with pytest.raises(ValueError, match=r'one input \(N, 3, 4, 6\).*do not belong together'):
        OpenvinoSession(write_onnx(path), (3, 4, 6))
    with pytest.raises(ValueError, match='expected one input'):
        OpenvinoSession(write_onnx(path, inputs=('input', 'other')), SHAPE)


def test_a_damaged_file_is_named(path):
    path.write_bytes(b'not a network')
    with pytest.raises(ValueError, match=r'm\.onnx: OpenVINO cannot load it \(') as found:
        OpenvinoSession(path, SHAPE)
    assert '\n' not in str(found.value)


def test_openvino_reads_the_onnx_file_in_bfloat16(tmp_path, face_model):
    """In float32 where the processor has no bfloat16."""
    pytest.importorskip('openvino')
    tensor = np.random.default_rng(0).uniform(0, 1, (1, 3, 112, 112)).astype(np.float32)
    folder = ModelFolder.read(face_model)
    exact, half = (open_session(folder, b)(tensor) for b in ('onnxruntime', 'openvino_bf16'))
    np.testing.assert_allclose(half, exact, atol=0.02 * np.abs(exact).max())
    assert FaceLandmarker(face_model, 'openvino_bf16').self_test() < 0.5
