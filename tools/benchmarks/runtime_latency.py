"""How long the runtime takes from a whole image to its points, and the memory of a large photo.

``python tools/benchmarks/runtime_latency.py [--image PHOTO] [--yunet FILE] [--rounds 100]``

On one thread: `FaceLandmarker` and its finder alone with one face in 640x480, and in a photo of 20
megapixels, which is the same image enlarged. All take turns in one process. Beside the median time
stands the median time of the processor, which other programs disturb less. Each peak is the largest
resident size of a fresh process that imports the runtime, reads the photo and finds the points;
Linux alone tells it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

os.environ.setdefault('OMP_NUM_THREADS', '1')

import cv2
import numpy as np

from pfld_mm.core.image import read_image
from pfld_mm.runtime import FaceFinder, FaceLandmarker, YuNetFaceFinder

SMALL, LARGE = (640, 480), (5472, 3648)
"""(w, h) in pixels."""
PEAK = """
import sys
from pfld_mm.core.image import read_image
from pfld_mm.runtime import FaceLandmarker
landmarker = FaceLandmarker(sys.argv[1])
for file in sys.argv[2:]:
    landmarker(read_image(file))
status = dict(line.split(':') for line in open('/proc/self/status'))
print(int(status['VmHWM'].split()[0]) * 1024 / 1e6)
"""
"""Not ``ru_maxrss``: Linux starts it with the peak of the process that forked."""
Call = Callable[[], object]


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Latency and memory of the runtime')
    parser.add_argument('--model', default='pfld_ghostone_98')
    parser.add_argument('--image', type=Path, help='photo of one face (default: a drawn one)')
    parser.add_argument('--yunet', type=Path, help="YuNet's .onnx file, to compare with")
    parser.add_argument('--rounds', type=int, default=50)
    parser.add_argument('--out', type=Path, help='file for the figures (.json)')
    return parser.parse_args()


def small_image(file: Path | None) -> np.ndarray:
    """One face in 640x480: the photo, with borders if its aspect ratio differs, or a drawn face."""
    if file is None:
        from pfld_mm.synth.faces.renderer import render_face
        from pfld_mm.synth.faces.sampling import sample_face

        image = render_face(sample_face(0, 'test', 0, SMALL[1]))[0]
    else:
        image = read_image(file)
    ratio = min(side / length for side, length in zip(SMALL, image.shape[1::-1], strict=True))
    image = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
    right, below = SMALL[0] - image.shape[1], SMALL[1] - image.shape[0]
    return cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)


def large_image(small: np.ndarray) -> np.ndarray:
    """The same with 20 megapixels."""
    return cv2.resize(small, LARGE, interpolation=cv2.INTER_LINEAR)


def medians(calls: dict[str, Call], rounds: int) -> dict[str, tuple[float, float]]:
    """Median milliseconds of each call, by the clock and of the processor; they take turns."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in calls.items():
            start, cpu = perf_counter(), process_time()
            call()
            times[name].append((perf_counter() - start, process_time() - cpu))
    found = {name: 1e3 * np.median(pairs, axis=0) for name, pairs in times.items()}
    return {name: (float(wall), float(cpu)) for name, (wall, cpu) in found.items()}


def peak_memory(model: str, images: list[np.ndarray]) -> float | None:
    """Largest resident size in MB of a process that finds the faces of the images."""
    if not Path('/proc/self/status').is_file():
        return None
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, f'{index}.jpg')) for index in range(len(images))]
        for file, image in zip(files, images, strict=True):
            cv2.imwrite(file, image)
        command = [sys.executable, '-c', PEAK, model, *files]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def measure(args: argparse.Namespace) -> dict[str, float | None]:
    """Milliseconds and megabytes by name."""
    cv2.setNumThreads(1)
    small = small_image(args.image)
    large = large_image(small)
    landmarker, finder = FaceLandmarker(args.model, threads=1), FaceFinder(threads=1)
    found = len(landmarker(small)), len(landmarker(large))
    if found != (1, 1):
        raise ValueError(f'expected one face in the image and in its large form, found {found}')
    boxes = landmarker(small).boxes
    calls: dict[str, Call] = {
        'landmarks of a given box': lambda: landmarker(small, boxes),
        'landmarker 640x480': lambda: landmarker(small),
        'finder 640x480': lambda: finder(small),
        'landmarker 20 MP': lambda: landmarker(large),
        'finder 20 MP': lambda: finder(large),
    }
    if args.yunet:
        yunet = YuNetFaceFinder(args.yunet)
        calls['YuNet 640x480'] = lambda: yunet(small)
    times = medians(calls, args.rounds)
    figures: dict[str, float | None] = {}
    for name, (wall, cpu) in times.items():
        figures[f'{name} ms'], figures[f'{name} CPU ms'] = wall, cpu
    figures['20 MP / 640x480 CPU'] = times['landmarker 20 MP'][1] / times['landmarker 640x480'][1]
    figures['peak without an image MB'] = peak_memory(args.model, [])
    figures['peak 640x480 MB'] = peak_memory(args.model, [small])
    figures['peak 20 MP MB'] = peak_memory(args.model, [large])
    return figures


def main() -> None:
    """Measure, print, write."""
    args = parse_args()
    try:
        figures = measure(args)
    except (OSError, ValueError, ImportError) as error:
        raise SystemExit(f'runtime_latency.py: {error}') from None
    for name, value in figures.items():
        print(f'{name:28}{"-" if value is None else f"{value:10.2f}"}')
    if args.out:
        args.out.write_text(json.dumps(figures, indent=1) + '\n')


if __name__ == '__main__':
    main()
