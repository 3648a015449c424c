"""OpenVINO: converted from our ONNX by its own ``convert_model``."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path

import onnx

from pfld_mm.deploy.backends.conversion import Calibration, Conversion


def check_installed() -> None:
    """Stop before anything is exported where OpenVINO is missing."""
    if find_spec('openvino') is None:
        raise ModuleNotFoundError('OpenVINO is not installed: pip install openvino')


def convert(
    model: onnx.ModelProto,
    folder: Path,
    conversion: Conversion,
    calibration: Calibration | None = None,
) -> list[str]:
    """Write ``model.xml`` and ``model.bin``, in float16 ``model.fp16.*``.

    Args:
        model: The portable graph.
        folder: To write into.
        conversion: Whether weights are stored in float16.
        calibration: Not used.

    Returns:
        The names of the files.
    """
    import openvino

    stem = 'model.fp16' if conversion.half else 'model'
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary, 'model.onnx')
        onnx.save(model, source)
        converted = openvino.convert_model(str(source))
        target = str(folder / f'{stem}.xml')
        openvino.save_model(converted, target, compress_to_fp16=conversion.half)
    return [f'{stem}.xml', f'{stem}.bin']
