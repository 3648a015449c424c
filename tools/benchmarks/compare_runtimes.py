"""Face models on other runtimes: ``compare_runtimes.py litert|executorch|opencv [MODEL ...]``.

Converts the network of a model that comes with the package (its card names the config), and
compares the points of the golden pair with those that were exported, in pixels of the input. A
difference over the bound of the self-test (0.05 px) ends with exit code 1. Then both are timed in
turns on one core (Linux). LiteRT needs litert-torch, ExecuTorch executorch, both numpy 2.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
import yaml

from pfld_mm.checkpoints.load import load_model
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.engine.config import load_config
from pfld_mm.runtime.backends.open_session import open_session
from pfld_mm.runtime.model_folder import ModelFolder
from pfld_mm.runtime.self_test import BOUND

ROOT = Path(__file__).resolve().parents[2]
FACES = ('pfld_ghostone_98', 'pfld_ghostone_68', 'pfld_ghostnet_slim_half_98')
Inference = Callable[[np.ndarray], np.ndarray]


def main() -> int:
    """Convert, compare, time. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('runtime', choices=RUNTIMES)
    parser.add_argument('models', nargs='*', default=FACES)
    parser.add_argument('--out', type=Path, default=Path('work_dirs/runtimes'))
    parser.add_argument('--rounds', type=int, default=200)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # not all of them ask how many threads
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    failed = False
    print('| model | file | size | time | of onnxruntime | difference |\n|---|---|--:|--:|--:|--:|')
    for name in args.models:
        folder = ModelFolder.read(name)
        golden = folder.golden()
        file, inference = RUNTIMES[args.runtime](folder, args.out / name)
        size = np.array(folder.info.input_size)  # (w, h): the points are divided by it
        found = inference(golden.input).reshape(golden.output.shape)
        away = np.abs((found - golden.output)[..., :2] * size).max()
        theirs, ratio = time_in_turns(inference, reference(folder), golden.input, args.rounds)
        kilobytes = file.stat().st_size / 1e3
        row = f'{kilobytes:.0f} kB | {theirs:.2f} ms | {ratio:.2f} | {away:.1e} px'
        print(f'| {name} | {file.name} | {row} |', flush=True)
        failed |= not away <= BOUND
    return int(failed)


def deployed(folder: ModelFolder) -> DeployedNetwork:
    """The network of a model folder, from its checkpoint and the config that its card names."""
    card = (folder.path / 'README.md').read_text(encoding='utf-8')
    config = yaml.safe_load(card.split('---\n')[1])['config']
    model = load_model(load_config(ROOT / config), str(folder.path / 'checkpoint.pth'))
    return DeployedNetwork(model, tuple(folder.info.input_size))


def litert(folder: ModelFolder, target: Path) -> tuple[Path, Inference]:
    """Convert with litert-torch, run with LiteRT's interpreter (XNNPACK)."""
    import litert_torch
    from ai_edge_litert.interpreter import Interpreter

    network = deployed(folder)
    file = target.with_suffix('.tflite')
    litert_torch.convert(network, (torch.zeros(1, *network.input_shape),)).export(str(file))
    interpreter = Interpreter(str(file), num_threads=1)
    interpreter.allocate_tensors()
    first, last = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def inference(tensor: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(first['index'], tensor)
        interpreter.invoke()
        return interpreter.get_tensor(last['index'])

    return file, inference


def executorch(folder: ModelFolder, target: Path) -> tuple[Path, Inference]:
    """Lower to XNNPACK, run with ExecuTorch's Python runtime."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower
    from executorch.runtime import Runtime

    network = deployed(folder)
    program = torch.export.export(network, (torch.zeros(1, *network.input_shape),))
    lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
    file = target.with_suffix('.pte')
    file.write_bytes(lowered.to_executorch().buffer)
    method = Runtime.get().load_program(str(file)).load_method('forward')
    return file, lambda tensor: method.execute([torch.from_numpy(tensor)])[0].numpy()


def opencv(folder: ModelFolder, target: Path) -> tuple[Path, Inference]:
    """Read the shipped ONNX file with OpenCV's own engine."""
    (file,) = folder.files('onnxruntime')
    network = cv2.dnn.readNetFromONNX(str(file))

    def inference(tensor: np.ndarray) -> np.ndarray:
        network.setInput(tensor)
        return network.forward()

    return file, inference


RUNTIMES = dict(litert=litert, executorch=executorch, opencv=opencv)


def reference(folder: ModelFolder) -> Inference:
    """The shipped file with onnxruntime, one thread."""
    session = open_session(folder, 'onnxruntime', 1)
    return lambda tensor: session(tensor)


def time_in_turns(
    one: Inference, other: Inference, tensor: np.ndarray, rounds: int
) -> tuple[float, float]:
    """Median milliseconds of ``one``, and the median of its ratios to ``other``."""
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        start = time.perf_counter()
        one(tensor)
        middle = time.perf_counter()
        other(tensor)
        times.append((middle - start, time.perf_counter() - middle))
    ratio = statistics.median(a / b for a, b in times)
    return 1e3 * statistics.median(a for a, _ in times), ratio


if __name__ == '__main__':
    sys.exit(main())
