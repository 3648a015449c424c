"""Latency of exported models, measured in turns so that other load affects all of them alike."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pfld_mm.deploy.export_onnx import read_onnx
from pfld_mm.deploy.graph.graph_size import graph_size, needed_macs
from pfld_mm.runtime.backends.onnxruntime_session import OnnxruntimeSession
from pfld_mm.runtime.backends.open_session import open_session
from pfld_mm.runtime.backends.session import Session
from pfld_mm.runtime.model_folder import ModelFolder


@dataclass(frozen=True)
class ExportedForm:
    """One form of an exported model.

    Attributes:
        name: Runtime and precision, 'onnxruntime_int8' for instance.
        folder: Where the files are.
        shape: (C, h, w) of the input.
        files: The form's files.
    """

    name: str
    folder: ModelFolder | None
    shape: tuple[int, int, int]
    files: tuple[Path, ...]

    def open(self, threads: int) -> Session:
        """A session of ``threads`` threads, as the device opens it."""
        if self.folder is None:
            return OnnxruntimeSession(self.files[0], self.shape, threads)
        return open_session(self.folder, self.name, threads)

    def size(self) -> dict[str, int]:
        """Bytes; of an ONNX file also `graph_size` and `needed_macs`."""
        size = dict(bytes=sum(file.stat().st_size for file in self.files))
        if self.files[0].suffix == '.onnx':
            model = read_onnx(self.files[0])
            size.update(graph_size(model), needed_macs=needed_macs(model))
        return size


def find_forms(path: Path) -> list[ExportedForm]:
    """The forms in an exported folder, or a single ONNX file of any origin.

    Raises:
        FileNotFoundError: If there are none, or a file is missing.
        ValueError: If a file is damaged.
    """
    if path.suffix == '.onnx':
        dims = read_onnx(path).graph.input[0].type.tensor_type.shape.dim
        channels, height, width = (dim.dim_value for dim in dims[1:])
        return [ExportedForm('onnxruntime', None, (channels, height, width), (path,))]
    folder = ModelFolder.read(path)
    width, height = folder.info.input_size
    shape = (folder.info.channels, height, width)
    return [ExportedForm(name, folder, shape, folder.files(name)) for name in folder.info.files]


def measure(
    runs: dict[str, Callable[[np.ndarray], np.ndarray]], x: np.ndarray, rounds: int, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Latencies of several models on one input, interleaved: each round runs all in random order.

    Args:
        runs: The models' sessions by name; the first is what the others are compared with.
        x: The input.
        rounds: How often; two runs before are not counted.
        seed: Of the order.

    Returns:
        For each model the ``median_ms``, ``p10_ms`` and ``p90_ms`` of the wall clock, the median
        of the process's time ``cpu_ms``, which other processes disturb less, and, medians of the
        rounds' own ratios, ``speedup`` and ``cpu_speedup`` over the first.
    """
    rng = np.random.default_rng(seed)
    names = list(runs)
    wall, cpu = np.zeros((2, len(names), rounds))
    gc.disable()
    try:
        for number in range(-2, rounds):
            for index in rng.permutation(len(names)):
                run = runs[names[index]]
                run(x)  # brings its own weights back into the cache
                start, used = time.perf_counter(), time.process_time()
                run(x)
                used, end = time.process_time() - used, time.perf_counter()
                if number >= 0:
                    wall[index, number], cpu[index, number] = end - start, used
    finally:
        gc.enable()
    return {
        name: dict(
            median_ms=1e3 * float(np.median(wall[i])),
            p10_ms=1e3 * float(np.percentile(wall[i], 10)),
            p90_ms=1e3 * float(np.percentile(wall[i], 90)),
            cpu_ms=1e3 * float(np.median(cpu[i])),
            speedup=float(np.median(wall[0] / wall[i])),
            cpu_speedup=float(np.median(cpu[0] / np.maximum(cpu[i], 1e-9))),
        )
        for i, name in enumerate(names)
    }


def benchmark(
    forms: list[ExportedForm],
    threads: tuple[int, ...] = (1, 0),
    batches: tuple[int, ...] = (1, 8),
    rounds: int = 100,
) -> list[dict]:
    """Measure every form at every number of threads and images.

    Args:
        forms: What to measure; the first is the reference.
        threads: Numbers of threads, 0 for all.
        batches: Numbers of images in one call.
        rounds: Of each measurement.

    Returns:
        A row for each form, threads and batch, with the figures of :func:`measure`; a form that
        was exported for one image at a time has no row for more.
    """
    rng = np.random.default_rng(0)
    rows = []
    for count in dict.fromkeys(n or os.cpu_count() or 1 for n in threads):
        sessions = {form.name: form.open(count) for form in forms}
        for batch in batches:
            x = rng.uniform(0, 255, (batch, *forms[0].shape)).astype(np.float32)
            able = {name: run for name, run in sessions.items() if _takes(run, x)}
            found = measure(able, x, rounds)
            rows += [
                dict(form=name, threads=count, batch=batch, **figures)
                for name, figures in found.items()
            ]
    return rows


def _takes(run: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> bool:
    """Whether a model takes so many images at once; one image always works."""
    if len(x) == 1:
        return run(x) is not None
    try:
        return len(run(x)) == len(x)
    except Exception:  # each runtime has its own class for a wrong shape
        return False
