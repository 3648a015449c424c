from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pfld_mm.core.text import short

METADATA_KEY = 'pfld_mm'


class OnnxruntimeSession:
    """An ONNX model in onnxruntime, on the CPU.

    Args:
        file: The model.
        shape: (C, H, W) that it must take.
        threads: Of one call; 0 leaves the number to onnxruntime.

    Raises:
        ImportError: if onnxruntime is not installed.
        ValueError: if the file is damaged or takes another input.
    """

    def __init__(self, file: Path, shape: tuple[int, int, int], threads: int = 1) -> None:
        self.source = str(file)
        self._session = _open(file, threads)
        self._input = self._check_input(shape)
        self.batch = self._input.shape[0] if isinstance(self._input.shape[0], int) else None

    def _check_input(self, shape: tuple[int, int, int]) -> Any:
        inputs = self._session.get_inputs()
        found = inputs[0].shape if len(inputs) == 1 else None
        fits = found is not None and len(found) == 4 and inputs[0].type == 'tensor(float)'
        # a dimension with a name instead of a number takes anything
        if (
            found is None
            or not fits
            or any(
                isinstance(one, int) and one != other
                for one, other in zip(found[1:], shape, strict=True)
            )
        ):
            described = [(i.name, i.shape, i.type) for i in inputs]
            raise ValueError(
                f'{self.source}: expected one float input (N, {shape[0]}, {shape[1]}, {shape[2]}) '
                f'as its metadata say, found {short(described, 200)}; model and metadata do not '
                'belong together'
            )
        return inputs[0]

    def metadata(self) -> str | None:
        """The JSON that was written into the file, if any."""
        return self._session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)

    def __call__(self, tensor: np.ndarray) -> np.ndarray:
        """Run the model on (N, C, H, W) float32.

        Raises:
            RuntimeError: if the model fails, or gives no tensor.
        """
        try:
            output = self._session.run(None, {self._input.name: tensor})[0]
        except Exception as error:  # see _open
            raise RuntimeError(
                f'{self.source}: onnxruntime cannot run it ({_first_line(error)}); export the '
                'model again'
            ) from error
        if not isinstance(output, np.ndarray) or output.dtype.kind != 'f':
            raise RuntimeError(
                f'{self.source}: expected an output of floats, found {short(output)}; export the '
                'model again'
            )
        return output


def read_metadata(file: Path) -> str:
    """The JSON inside an ONNX file.

    Raises:
        ImportError: if onnxruntime is not installed.
        ValueError: if the file is damaged or has no such metadata.
    """
    text = _open(file, 1).get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise ValueError(
            f'{file}: its metadata have no {METADATA_KEY!r}, so color order and crop are unknown; '
            'export the model with tools/deploy.py'
        )
    return text


def _open(file: Path, threads: int) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError('onnxruntime is not installed: pip install onnxruntime') from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=['CPUExecutionProvider'])
    except Exception as error:  # onnxruntime's exceptions have no common base of their own
        raise ValueError(
            f'{file}: onnxruntime cannot load it ({_first_line(error)}); the file is damaged or '
            'needs a newer onnxruntime: copy or export it again'
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
