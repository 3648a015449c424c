import sys
import types
from pathlib import Path

import numpy as np
import pytest

from pfld_mm.runtime.backends.tensorrt_session import TensorrtSession

SHAPE = (3, 2, 2)


class Buffer:
    """A tensor of torch on a GPU, as far as the session uses it; its address is its key."""

    memory = {}

    def __init__(self, array):
        self.array = array
        self.shape = array.shape
        self.memory[id(self)] = self

    def cuda(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.array

    def data_ptr(self):
        return id(self)


class Engine:
    """Doubles its input; takes up to four images, or ``batch``."""

    def __init__(self, batch=-1, largest=4):
        self.batch, self.largest = batch, largest
        self.calls = []
        self.addresses = {}

    def get_tensor_name(self, index):
        return ('input', 'output')[index]

    def get_tensor_shape(self, name):
        return (self.batch, *SHAPE)

    def get_tensor_profile_shape(self, name, profile):
        assert (name, profile) == ('input', 0)
        return [(1, *SHAPE), (1, *SHAPE), (self.largest, *SHAPE)]

    def create_execution_context(self):
        return types.SimpleNamespace(
            set_input_shape=lambda name, shape: setattr(self, 'shape', shape),
            get_tensor_shape=lambda name: self.shape,
            set_tensor_address=self.addresses.__setitem__,
            execute_async_v3=self.execute,
        )

    def execute(self, stream):
        given, output = (Buffer.memory[self.addresses[name]] for name in ('input', 'output'))
        self.calls.append(len(given.array))
        output.array[...] = given.array * 2


@pytest.fixture
def open_engine(monkeypatch, tmp_path):
    """Opens an engine in a TensorRT and a torch that are played by hand."""
    file = tmp_path / 'model.engine'
    file.write_bytes(b'an engine')

    def open_with(engine, shape=SHAPE):
        runtime = types.SimpleNamespace(
            deserialize_cuda_engine=lambda data: engine if data == b'an engine' else None
        )
        stream = types.SimpleNamespace(cuda_stream=0, synchronize=lambda: None)
        tensorrt = types.SimpleNamespace(
            Logger=type('Logger', (), dict(WARNING=2, __init__=lambda self, level: None)),
            Runtime=lambda logger: runtime,
        )
        torch = types.SimpleNamespace(
            from_numpy=Buffer,
            empty=lambda shape, device: Buffer(np.empty(shape, np.float32)),
            cuda=types.SimpleNamespace(current_stream=lambda: stream),
        )
        monkeypatch.setitem(sys.modules, 'tensorrt', tensorrt)
        monkeypatch.setitem(sys.modules, 'torch', torch)
        return TensorrtSession(file, shape)

    return open_with


@pytest.mark.parametrize(('count', 'calls'), [(1, [1]), (4, [4]), (9, [4, 4, 1])])
def test_no_call_is_larger_than_the_engine_takes(open_engine, count, calls):
    engine = Engine()
    session = open_engine(engine)
    tensor = np.random.default_rng(0).normal(size=(count, *SHAPE)).astype(np.float32)
    np.testing.assert_array_equal(session(tensor), 2 * tensor)
    assert session.batch is None and engine.calls == calls


def test_a_fixed_batch_is_told(open_engine):
    assert open_engine(Engine(batch=2, largest=2)).batch == 2


def test_an_input_of_another_size_is_refused(open_engine):
    with pytest.raises(ValueError, match=r'\(N, 3, 4, 4\).*found \(-1, 3, 2, 2\).*do not belong'):
        open_engine(Engine(), (3, 4, 4))


def test_an_engine_of_another_gpu_is_refused(open_engine):
    with pytest.raises(ValueError, match=r'model\.engine: no engine for this GPU'):
        open_engine(None)


def test_without_tensorrt(monkeypatch):
    monkeypatch.setitem(sys.modules, 'tensorrt', None)
    with pytest.raises(ImportError, match='needs an NVIDIA GPU, then pip install tensorrt torch'):
        TensorrtSession(Path('model.engine'), SHAPE)
