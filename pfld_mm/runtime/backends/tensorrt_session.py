from __future__ import annotations

from pathlib import Path

import numpy as np


class TensorrtSession:
    """A TensorRT engine on the first GPU; an engine runs on the kind of GPU it was built on.

    Torch holds the buffers in the GPU's memory.

    Args:
        file: The engine.
        shape: (C, H, W) that it must take.

    Raises:
        ImportError: If TensorRT or torch is not installed.
        ValueError: If the engine is of another GPU or version, or takes another input.
    """

    def __init__(self, file: Path, shape: tuple[int, int, int]) -> None:
        try:
            import tensorrt
            import torch
        except ImportError as error:
            raise ImportError(
                'TensorRT is not installed: it needs an NVIDIA GPU, then pip install tensorrt torch'
            ) from error
        self.source = str(file)
        self._torch = torch
        logger = tensorrt.Logger(tensorrt.Logger.WARNING)
        engine = tensorrt.Runtime(logger).deserialize_cuda_engine(file.read_bytes())
        if engine is None:
            raise ValueError(f'{file}: no engine for this GPU and this version of TensorRT')
        self._context = engine.create_execution_context()
        self._input, self._output = engine.get_tensor_name(0), engine.get_tensor_name(1)
        found = tuple(engine.get_tensor_shape(self._input))
        if found[1:] != shape:
            raise ValueError(
                f'{file}: expected an input (N, {shape[0]}, {shape[1]}, {shape[2]}) as its '
                f'metadata say, found {found}; model and metadata do not belong together'
            )
        profile = engine.get_tensor_profile_shape(self._input, 0)
        self.batch = None if found[0] < 0 else int(found[0])
        self._largest = int(profile[2][0])

    def __call__(self, tensor: np.ndarray) -> np.ndarray:
        """Run the model on (N, C, H, W) float32."""
        parts = [
            self._run(tensor[start : start + self._largest])
            for start in range(0, len(tensor), self._largest)
        ]
        return np.concatenate(parts)

    def _run(self, tensor: np.ndarray) -> np.ndarray:
        given = self._torch.from_numpy(np.ascontiguousarray(tensor)).cuda()
        self._context.set_input_shape(self._input, tuple(given.shape))
        shape = tuple(self._context.get_tensor_shape(self._output))
        output = self._torch.empty(shape, device='cuda')
        self._context.set_tensor_address(self._input, given.data_ptr())
        self._context.set_tensor_address(self._output, output.data_ptr())
        stream = self._torch.cuda.current_stream()
        self._context.execute_async_v3(stream.cuda_stream)
        stream.synchronize()
        return output.cpu().numpy()
