"""Milliseconds a face in the browser and in Python, in turns: ``browser_latency.py``.

Needs Chromium and what ``tools/web.py --no-serve`` wrote. One thread each; medians over all rounds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'tools')]

from chromium import Chromium
from folder_server import FolderServer

from pfld_mm.runtime import FaceFinder, FaceLandmarker

MODELS = ('pfld_ghostone_98', 'pfld_ghostone_68', 'pfld_ghostnet_slim_half_98')
OPEN = """
const {Session, fetchJson} = await import('/session.js');
const catalog = await fetchJson('./models/catalog.json');
const names = ['face_finder', ...catalog.landmarks.map((model) => model.id)];
const files = [catalog.finder.file, ...catalog.landmarks.map((model) => model.file)];
window.sessions = {};
for (let i = 0; i < files.length; i++) window.sessions[names[i]] = await Session.open(files[i]);
"""
RUN = """
const dims = %s;
const input = new Float32Array(dims.reduce((a, b) => a * b)).fill(100);
const start = performance.now();
for (let i = 0; i < %d; i++) await window.sessions['%s'].run(input, dims);
return (performance.now() - start) / %d;
"""


def main() -> None:
    """Time every network in both, in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--rounds', type=int, default=15)
    parser.add_argument('--runs', type=int, default=20, help='of a network in each round')
    options = parser.parse_args()
    inputs = {name: (1, 3, 112, 112) for name in MODELS} | {'face_finder': (1, 3, 480, 640)}
    sessions = {name: FaceLandmarker(name).session for name in MODELS}
    sessions['face_finder'] = FaceFinder().session
    with tempfile.TemporaryDirectory() as profile, FolderServer(ROOT / 'build/web') as address:
        page = Chromium(Path(profile))
        page.open(f'{address}/style.css')
        page.run(OPEN)
        for name, shape in inputs.items():
            tensor = np.full(shape, 100, np.float32)
            script = RUN % (json.dumps(shape), options.runs, name, options.runs)
            pairs = []
            for number in range(options.rounds + 2):
                pair = (in_python(sessions[name], tensor, options.runs), float(page.run(script)))
                pairs += [pair] if number >= 2 else []  # the first rounds still compile
            report(name, pairs)
        page.close()


def in_python(session: object, tensor: np.ndarray, runs: int) -> float:
    """Milliseconds a run with onnxruntime."""
    start = time.perf_counter()
    for _ in range(runs):
        session(tensor)
    return (time.perf_counter() - start) * 1000 / runs


def report(name: str, pairs: list[tuple[float, float]]) -> None:
    """Print medians and the median ratio of the pairs."""
    python, browser = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(there / here for here, there in pairs)
    fastest = min(there for _, there in pairs)
    times = f'Python {python:.2f} ms, browser {browser:.2f} ms (fastest {fastest:.2f})'
    print(f'{name}: {times}, ratio {ratio:.1f}')


if __name__ == '__main__':
    main()
