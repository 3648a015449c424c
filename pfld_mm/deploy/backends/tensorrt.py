"""TensorRT: an engine built from our ONNX; needs an NVIDIA GPU and the ``tensorrt`` package."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import onnx

FILES = ['model.engine']


def convert(
    model: onnx.ModelProto,
    folder: Path,
    half: bool = False,
    batches: tuple[int, int, int] = (1, 1, 8),
    calibration: Iterable[np.ndarray] | None = None,
    workspace: int = 1 << 30,
) -> list[str]:
    """Build ``model.engine``; it runs on this kind of GPU alone.

    Args:
        model: The portable graph.
        folder: To write into.
        half: Allow float16.
        batches: Smallest, best and largest number of pictures.
        calibration: Pictures (1, C, h, w) for int8; None builds no int8 engine.
        workspace: Bytes of GPU memory for the builder.

    Returns:
        The names of the files.

    Raises:
        RuntimeError: If TensorRT cannot read the graph or build the engine.
    """
    trt = _tensorrt()
    logger = trt.Logger(trt.Logger.WARNING)
    builder = trt.Builder(logger)
    flag = getattr(trt.NetworkDefinitionCreationFlag, 'EXPLICIT_BATCH', None)
    network = builder.create_network(0 if flag is None else 1 << int(flag))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(model.SerializeToString()):
        errors = '; '.join(str(parser.get_error(i)) for i in range(parser.num_errors))
        raise RuntimeError(f'TensorRT cannot read the graph: {errors}')
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, workspace)
    source = network.get_input(0)
    shape = tuple(source.shape)[1:]
    profile = builder.create_optimization_profile()
    profile.set_shape(source.name, *((n, *shape) for n in batches))
    config.add_optimization_profile(profile)
    if half:
        config.set_flag(trt.BuilderFlag.FP16)
    if calibration is not None:
        config.set_flag(trt.BuilderFlag.INT8)
        config.int8_calibrator = _calibrator(trt, calibration)
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        raise RuntimeError('TensorRT built no engine; its own messages above say why')
    (folder / FILES[0]).write_bytes(engine)
    return FILES


def open_session(folder: Path, files: list[str], threads: int = 1) -> Callable:
    """Open the engine on the first GPU; see the onnxruntime module."""
    import torch

    trt = _tensorrt()
    path = folder / files[0]
    engine = trt.Runtime(trt.Logger(trt.Logger.WARNING)).deserialize_cuda_engine(path.read_bytes())
    if engine is None:
        raise ValueError(f'{path} is no engine for this GPU and this version of TensorRT')
    context = engine.create_execution_context()
    source, target = engine.get_tensor_name(0), engine.get_tensor_name(1)

    def run(x: np.ndarray) -> np.ndarray:
        given = torch.from_numpy(np.ascontiguousarray(x)).cuda()
        context.set_input_shape(source, tuple(given.shape))
        output = torch.empty(tuple(context.get_tensor_shape(target)), device='cuda')
        context.set_tensor_address(source, given.data_ptr())
        context.set_tensor_address(target, output.data_ptr())
        stream = torch.cuda.current_stream()
        context.execute_async_v3(stream.cuda_stream)
        stream.synchronize()
        return output.cpu().numpy()

    return run


def _calibrator(trt, pictures: Iterable[np.ndarray]):
    """TensorRT's entropy calibrator over our pictures."""
    import torch

    class Calibrator(trt.IInt8EntropyCalibrator2):
        def __init__(self) -> None:
            super().__init__()
            self.pictures = iter(pictures)
            self.current: torch.Tensor | None = None

        def get_batch_size(self) -> int:
            return 1

        def get_batch(self, names: list[str]) -> list[int] | None:
            picture = next(self.pictures, None)
            if picture is None:
                return None
            self.current = torch.from_numpy(picture).cuda()
            return [self.current.data_ptr()]

        def read_calibration_cache(self) -> None:
            return None

        def write_calibration_cache(self, cache: bytes) -> None:
            """Nothing is kept: the pictures are at hand."""

    return Calibrator()


def _tensorrt():
    try:
        import tensorrt
    except ImportError as error:
        raise ModuleNotFoundError(
            'TensorRT is not installed: it needs an NVIDIA GPU, then pip install tensorrt'
        ) from error
    return tensorrt
