from __future__ import annotations

from pathlib import Path
from threading import Lock

import numpy as np


class OpenvinoSession:
    """A model in OpenVINO, on the CPU.

    Args:
        file: The ``.xml``; the ``.bin`` lies beside it. Or an ONNX file.
        shape: (C, H, W) that it must take.
        threads: Of one call; 0 leaves the number to OpenVINO.
        half: Compute in bfloat16 where the processor can (AVX-512 with bf16, or AMX).

    Raises:
        ImportError: if OpenVINO is not installed.
        ValueError: if the files are damaged or take another input.
    """

    def __init__(
        self, file: Path, shape: tuple[int, int, int], threads: int = 1, half: bool = False
    ) -> None:
        try:
            import openvino
        except ImportError as error:
            raise ImportError('OpenVINO is not installed: pip install openvino') from error
        self.source = str(file)
        # told which: left alone, OpenVINO computes in bf16 on some processors
        precision = 'bf16' if half else 'f32'
        config = {'INFERENCE_PRECISION_HINT': precision, 'PERFORMANCE_HINT': 'LATENCY'}
        if threads:
            config['INFERENCE_NUM_THREADS'] = str(threads)
        try:
            model = openvino.Core().compile_model(str(file), 'CPU', config)
            found = model.input(0).get_partial_shape()
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise ValueError(
                f'{file}: OpenVINO cannot load it ({reason}); the files are damaged or need a '
                'newer OpenVINO: copy or export them again'
            ) from error
        batch = found[0]
        fits = openvino.PartialShape([batch, *shape]).compatible(found)
        if len(model.inputs) != 1 or not fits:
            raise ValueError(
                f'{file}: expected one input (N, {shape[0]}, {shape[1]}, {shape[2]}) as its '
                f'metadata say, found {found}; model and metadata do not belong together'
            )
        self.batch = None if batch.is_dynamic else batch.get_length()
        self._request = model.create_infer_request()
        self._lock = Lock()  # one request holds the tensors of one call

    def __call__(self, tensor: np.ndarray) -> np.ndarray:
        """Run the model on (N, C, H, W) float32."""
        with self._lock:
            # the request owns its output tensor and overwrites it in the next call
            return self._request.infer([tensor])[0].copy()
