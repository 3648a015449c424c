import sys
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.graphs import small_network

from pfld_mm.deploy.backends import tensorrt
from pfld_mm.deploy.backends.conversion import Conversion


class Trt:
    """TensorRT as far as the conversion uses it; keeps what it is told."""

    MemoryPoolType = SimpleNamespace(WORKSPACE='workspace')
    BuilderFlag = SimpleNamespace(FP16='fp16', INT8='int8')
    NetworkDefinitionCreationFlag = SimpleNamespace(EXPLICIT_BATCH=0)
    IInt8EntropyCalibrator2 = object

    def __init__(self, parses=True, engine=b'an engine'):
        self.parses, self.engine = parses, engine
        self.flags, self.profile, self.config = [], {}, SimpleNamespace()
        self.Logger = type('Logger', (), dict(WARNING=2, __init__=lambda self, level: None))
        self.Builder = lambda logger: SimpleNamespace(
            create_network=lambda flags: SimpleNamespace(
                flags=flags, get_input=lambda i: SimpleNamespace(name='input', shape=(-1, 3, 8, 8))
            ),
            create_builder_config=self.make_config,
            create_optimization_profile=lambda: SimpleNamespace(
                set_shape=lambda name, *shapes: self.profile.update({name: shapes})
            ),
            build_serialized_network=lambda network, config: self.engine,
        )
        self.OnnxParser = lambda network, logger: SimpleNamespace(
            parse=lambda data: self.parses, num_errors=2, get_error=lambda i: f'error {i}'
        )

    def make_config(self):
        self.config.set_memory_pool_limit = lambda pool, size: setattr(self, 'memory', size)
        self.config.add_optimization_profile = lambda profile: None
        self.config.set_flag = self.flags.append
        return self.config


@pytest.fixture
def build(monkeypatch, tmp_path):
    def run(conversion, calibration=None, **options):
        trt = Trt(**options)
        monkeypatch.setitem(sys.modules, 'tensorrt', trt)
        return trt, tensorrt.convert(small_network()[0], tmp_path, conversion, calibration)

    return run


@pytest.mark.parametrize(
    ('conversion', 'file', 'flags'),
    [
        (Conversion('tensorrt'), 'model.engine', []),
        (Conversion('tensorrt', half=True), 'model.fp16.engine', ['fp16']),
        (Conversion('tensorrt', half=True, int8=True), 'model.int8.engine', ['fp16', 'int8']),
    ],
)
def test_precision_is_flags_and_a_name(build, tmp_path, conversion, file, flags):
    trt, files = build(conversion)
    assert files == [file] and trt.flags == flags
    assert (tmp_path / file).read_bytes() == b'an engine'


def test_numbers_of_images_and_memory(build):
    trt, _ = build(Conversion('tensorrt', batches=(2, 4, 16), workspace=123))
    assert trt.profile == {'input': ((2, 3, 8, 8), (4, 3, 8, 8), (16, 3, 8, 8))}
    assert trt.memory == 123


def test_calibration_gives_each_image_once(monkeypatch):
    seen = []
    tensor = SimpleNamespace(cuda=lambda: SimpleNamespace(data_ptr=lambda: len(seen)))
    torch = SimpleNamespace(from_numpy=lambda image: seen.append(image) or tensor)
    monkeypatch.setitem(sys.modules, 'torch', torch)
    images = [np.full((1, 3, 8, 8), value, np.float32) for value in (1, 2)]
    calibrator = tensorrt._calibrator(Trt(), iter(images))
    assert calibrator.get_batch_size() == 1 and calibrator.read_calibration_cache() is None
    assert [calibrator.get_batch(['input']) for _ in range(3)] == [[1], [2], None]
    assert [image.max() for image in seen] == [1, 2]


@pytest.mark.parametrize('int8', [False, True])
def test_int8_alone_is_calibrated(build, int8):
    trt, _ = build(Conversion('tensorrt', int8=int8), iter(()))
    assert hasattr(trt.config, 'int8_calibrator') == int8


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(parses=False), 'TensorRT cannot read the graph: error 0; error 1'),
        (dict(engine=None), 'TensorRT built no engine'),
    ],
)
def test_failures_are_told(build, tmp_path, options, message):
    with pytest.raises(RuntimeError, match=message):
        build(Conversion('tensorrt'), **options)
    assert list(tmp_path.iterdir()) == []


def test_without_a_gpu(monkeypatch):
    monkeypatch.setattr(tensorrt, 'find_spec', lambda name: None)
    with pytest.raises(ModuleNotFoundError, match='needs an NVIDIA GPU, then pip install tensorrt'):
        tensorrt.check_installed()
