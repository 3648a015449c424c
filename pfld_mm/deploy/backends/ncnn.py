"""ncnn: converted from our ONNX by pnnx."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx

FILES = ['model.ncnn.param', 'model.ncnn.bin']


def convert(model: onnx.ModelProto, folder: Path, half: bool = False) -> list[str]:
    """Write ``model.ncnn.param`` and ``model.ncnn.bin``.

    Args:
        model: The portable graph, one picture at a time.
        folder: To write into.
        half: Store the weights in float16.

    Returns:
        The names of the files.

    Raises:
        RuntimeError: If pnnx fails, with its last lines, or ncnn lacks a layer.
    """
    try:
        import pnnx
    except ImportError as error:
        raise ModuleNotFoundError('pnnx is not installed: pip install pnnx ncnn') from error
    shape = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
    with tempfile.TemporaryDirectory() as temporary:
        onnx.save(model, Path(temporary, 'model.onnx'))
        size = ','.join(str(side) for side in (1, *shape[1:]))
        command = [pnnx.EXEC_PATH, 'model.onnx', f'inputshape=[{size}]', f'fp16={int(half)}']
        done = subprocess.run(command, cwd=temporary, capture_output=True, text=True)
        if done.returncode or not Path(temporary, FILES[0]).is_file():
            raise RuntimeError(f'pnnx failed: {(done.stderr + done.stdout)[-1000:]}')
        _check_layers(Path(temporary, FILES[0]))
        for name in FILES:
            (folder / name).write_bytes(Path(temporary, name).read_bytes())
    return FILES


def _check_layers(param: Path) -> None:
    """What pnnx cannot convert it writes down under PyTorch's own name."""
    layers = {line.split()[0] for line in param.read_text().splitlines()[2:]}
    missing = sorted(layer for layer in layers if '.' in layer or '::' in layer)
    if missing:
        raise RuntimeError(f'ncnn has no layer for {", ".join(missing)}: use another runtime')


def open_session(folder: Path, files: list[str], threads: int = 1) -> Callable:
    """Open the exported model on the CPU, computing in float32; see the onnxruntime module."""
    try:
        import ncnn
    except ImportError as error:
        raise ModuleNotFoundError('ncnn is not installed: pip install ncnn') from error
    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_vulkan_compute = False
    net.opt.use_bf16_storage = net.opt.use_fp16_packed = False
    net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    param, weights = (folder / name for name in files)
    if net.load_param(str(param)) or net.load_model(str(weights)):
        raise ValueError(f'{param} and {weights} cannot be loaded by ncnn')

    def run(x: np.ndarray) -> np.ndarray:
        outputs = []
        for picture in x:
            with net.create_extractor() as extractor:
                extractor.input('in0', ncnn.Mat(np.ascontiguousarray(picture)).clone())
                status, output = extractor.extract('out0')
                if status:
                    raise RuntimeError(f'ncnn stopped with status {status} in {param}')
                outputs.append(np.array(output))
        return np.stack(outputs)

    return run
