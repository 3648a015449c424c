"""TensorRT: an engine built from our ONNX; needs an NVIDIA GPU and the ``tensorrt`` package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import onnx

from pfld_mm.deploy.backends.conversion import Calibration, Conversion


def check_installed() -> None:
    """Stop before anything is exported where TensorRT or torch's GPU is missing."""
    import torch

    if find_spec('tensorrt') is None or not torch.cuda.is_available():
        raise ModuleNotFoundError(
            'TensorRT is not installed: it needs an NVIDIA GPU, then pip install tensorrt'
        )


def convert(
    model: onnx.ModelProto,
    folder: Path,
    conversion: Conversion,
    calibration: Calibration | None = None,
) -> list[str]:
    """Build ``model.engine``; it runs on this kind of GPU alone.

    Args:
        model: The portable graph.
        folder: To write into.
        conversion: Precision, numbers of images and the builder's memory.
        calibration: For int8.

    Returns:
        The names of the files.

    Raises:
        RuntimeError: If TensorRT cannot read the graph or build the engine.
    """
    import tensorrt as trt

    logger = trt.Logger(trt.Logger.WARNING)
    builder = trt.Builder(logger)
    flag = getattr(trt.NetworkDefinitionCreationFlag, 'EXPLICIT_BATCH', None)
    network = builder.create_network(0 if flag is None else 1 << int(flag))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(model.SerializeToString()):
        errors = '; '.join(str(parser.get_error(i)) for i in range(parser.num_errors))
        raise RuntimeError(f'TensorRT cannot read the graph: {errors}')
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, conversion.workspace)
    source = network.get_input(0)
    shape = tuple(source.shape)[1:]
    profile = builder.create_optimization_profile()
    profile.set_shape(source.name, *((n, *shape) for n in conversion.batches))
    config.add_optimization_profile(profile)
    if conversion.half:
        config.set_flag(trt.BuilderFlag.FP16)
    if conversion.int8:
        config.set_flag(trt.BuilderFlag.INT8)
        config.int8_calibrator = _calibrator(trt, calibration)
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        raise RuntimeError('TensorRT built no engine; its own messages above say why')
    file = conversion.form.replace('tensorrt', 'model').replace('_', '.') + '.engine'
    (folder / file).write_bytes(engine)
    return [file]


def _calibrator(trt: ModuleType, images: Calibration | None) -> Any:
    """TensorRT's entropy calibrator over our images."""
    import torch

    class Calibrator(trt.IInt8EntropyCalibrator2):
        def __init__(self) -> None:
            super().__init__()
            self.images = iter(images or ())
            self.current: torch.Tensor | None = None

        def get_batch_size(self) -> int:
            return 1

        def get_batch(self, names: list[str]) -> list[int] | None:
            image = next(self.images, None)
            if image is None:
                return None
            self.current = torch.from_numpy(image).cuda()
            return [self.current.data_ptr()]

        def read_calibration_cache(self) -> None:
            return None

        def write_calibration_cache(self, cache: bytes) -> None:
            """Nothing is kept: the images are at hand."""

    return Calibrator()
