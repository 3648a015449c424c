"""ncnn: converted from our ONNX by pnnx."""

from __future__ import annotations

import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import onnx

from pfld_mm.deploy.backends.conversion import Calibration, Conversion
from pfld_mm.deploy.graph.sums_as_means import sums_as_means

FILES = ['model.ncnn.param', 'model.ncnn.bin']


def check_installed() -> None:
    """Stop before anything is exported where the converter or the runtime is missing."""
    if find_spec('pnnx') is None or find_spec('ncnn') is None:
        raise ModuleNotFoundError('pnnx and ncnn are not both installed: pip install pnnx ncnn')


def convert(
    model: onnx.ModelProto,
    folder: Path,
    conversion: Conversion,
    calibration: Calibration | None = None,
) -> list[str]:
    """Write ``model.ncnn.param`` and ``model.ncnn.bin``, in float16 ``model.fp16.ncnn.*``.

    Args:
        model: The portable graph, one image at a time.
        folder: To write into.
        conversion: Whether weights are stored in float16.
        calibration: Not used.

    Returns:
        The names of the files.

    Raises:
        RuntimeError: If pnnx fails, with its last lines, or ncnn lacks a layer.
    """
    import pnnx

    shape = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
    with tempfile.TemporaryDirectory() as temporary:
        onnx.save(sums_as_means(model), Path(temporary, 'model.onnx'))
        size = ','.join(str(side) for side in (1, *shape[1:]))
        command = [
            pnnx.EXEC_PATH,
            'model.onnx',
            f'inputshape=[{size}]',
            f'fp16={int(conversion.half)}',
        ]
        done = subprocess.run(command, cwd=temporary, capture_output=True, text=True)
        if done.returncode or not Path(temporary, FILES[0]).is_file():
            raise RuntimeError(f'pnnx failed: {(done.stderr + done.stdout)[-1000:]}')
        _check_layers(Path(temporary, FILES[0]))
        prefix = 'model.fp16' if conversion.half else 'model'
        names = [prefix + name.removeprefix('model') for name in FILES]
        for name, made in zip(names, FILES, strict=True):
            (folder / name).write_bytes(Path(temporary, made).read_bytes())
    return names


def _check_layers(param: Path) -> None:
    """What pnnx cannot convert it writes down under PyTorch's own name, or without its axes."""
    lines = [line.split() for line in param.read_text().splitlines()[2:]]
    layers = {line[0] for line in lines}
    if any(line[0] == 'Reduction' and {'1=0', '-23303=0'} <= set(line) for line in lines):
        raise RuntimeError('pnnx lost the axes of a sum or mean: export with opset_version=17')
    missing = sorted(layer for layer in layers if '.' in layer or '::' in layer)
    if missing:
        raise RuntimeError(f'ncnn has no layer for {", ".join(missing)}: use another runtime')
