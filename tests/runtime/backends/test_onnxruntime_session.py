import sys

import numpy as np
import pytest
from helpers.doubling import SHAPE, image, write_onnx

from pfld_mm.runtime.backends.onnxruntime_session import OnnxruntimeSession, read_metadata


@pytest.mark.parametrize(('batch', 'expected'), [('N', None), (1, 1), (3, 3)])
def test_batch_is_read_from_the_model(tmp_path, batch, expected):
    session = OnnxruntimeSession(write_onnx(tmp_path / 'm.onnx', batch), SHAPE)
    assert session.batch == expected and session.source == str(tmp_path / 'm.onnx')
    tensor = image(expected or 5)
    np.testing.assert_array_equal(session(tensor), 2 * tensor)


def test_threads_do_not_change_the_answer(tmp_path):
    path = write_onnx(tmp_path / 'm.onnx')
    for threads in (0, 1, 2):
        session = OnnxruntimeSession(path, SHAPE, threads)
        np.testing.assert_array_equal(session(image()), 2 * image())


@pytest.mark.parametrize('shape', [(3, 4, 6), (3, 6, 5), (1, 4, 5)])
def test_an_input_of_another_size_is_refused(tmp_path, shape):
    path = write_onnx(tmp_path / 'm.onnx')
    wanted = ', '.join(map(str, shape))
    with pytest.raises(ValueError, match=rf'one float input \(N, {wanted}\).*4, 5.*do not belong'):
        OnnxruntimeSession(path, shape)
    OnnxruntimeSession(write_onnx(path, shape=(3, 'height', 'width')), (3, 64, 96))


def test_two_inputs_are_refused(tmp_path):
    path = write_onnx(tmp_path / 'm.onnx', inputs=('input', 'other'))
    with pytest.raises(ValueError, match=r'found .*other'):
        OnnxruntimeSession(path, SHAPE)


def test_metadata(tmp_path):
    path = write_onnx(tmp_path / 'm.onnx', metadata=dict(pfld_mm='{"a": 1}', more='x'))
    assert read_metadata(path) == OnnxruntimeSession(path, SHAPE).metadata() == '{"a": 1}'
    bare = write_onnx(tmp_path / 'bare.onnx', metadata=dict(more='x'))
    assert OnnxruntimeSession(bare, SHAPE).metadata() is None
    with pytest.raises(ValueError, match=r"bare\.onnx: its metadata have no 'pfld_mm'.*deploy\.py"):
        read_metadata(bare)


@pytest.mark.parametrize('data', [b'', b'not a network'])
def test_a_damaged_file_is_named_in_one_line(tmp_path, data):
    (tmp_path / 'm.onnx').write_bytes(data)
    with pytest.raises(ValueError, match=r'm\.onnx: onnxruntime cannot load it') as found:
        OnnxruntimeSession(tmp_path / 'm.onnx', SHAPE)
    assert '\n' not in str(found.value)


def test_without_onnxruntime(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(ImportError, match='pip install onnxruntime'):
        OnnxruntimeSession(tmp_path / 'm.onnx', SHAPE)


@pytest.mark.parametrize('answer', [RuntimeError('Reshape failed\nsecond line'), [1.0], 3])
def test_a_model_that_fails_when_it_runs_is_named(tmp_path, answer):
    class Failing:
        def run(self, *_):
            if isinstance(answer, Exception):
                raise answer
            return [answer]

    session = OnnxruntimeSession(write_onnx(tmp_path / 'm.onnx'), SHAPE)
    session._session = Failing()
    with pytest.raises(RuntimeError, match=r'm\.onnx: .*export the model again$'):
        session(image())
