"""Compare 98-point models on the same labelled faces, in one run on one thread.

``python tools/benchmarks/compare_landmarks.py LIST IMAGES --onnx PUBLIC.onnx ... --out page.md``

LIST is in WFLW's official format. Each face is cut out of the box around its true points x 1.2;
*jittered* boxes have errors of sigma 5 % in position and 10 % in size. The models of the package
come first; a difference is the mean over the faces of a model's NME minus the first model's, with
its standard
error: positive = worse. ``--onnx`` takes deployed files of the public repository PFLD_GhostOne,
which want BGR, (x / 255 - 0.5) / 0.5, and give (1, 196) in 0..1.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault('OMP_NUM_THREADS', '1')

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.compare_finders import EYES, nme

from pfld_mm.core.boxes import crop_squares, jittered, landmark_boxes
from pfld_mm.core.crop import crop, crop_matrix
from pfld_mm.core.image import read_image
from pfld_mm.core.text import read_text
from pfld_mm.datasets.inside import inside
from pfld_mm.runtime import FaceLandmarker

SIZE = (112, 112)
PADDING = 1.2
POSE = 200
"""Column of WFLW's attribute."""
Model = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Image and box (4,) -> points (98, 2)."""


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='98-point models on the same faces')
    parser.add_argument('list', type=Path, help="list in WFLW's format")
    parser.add_argument('images', type=Path, help='folder of its images')
    parser.add_argument(
        '--models',
        nargs='*',
        default=['pfld_ghostone_98', 'pfld_ghostnet_slim_half_98'],
        help='exported models, or shipped names',
    )
    parser.add_argument('--onnx', nargs='*', type=Path, default=[], help='public deployed files')
    parser.add_argument('--out', type=Path, help='Markdown file; a .json is written beside it')
    return parser.parse_args()


def exported_model(name: str) -> Model:
    """A model of ours."""
    landmarker = FaceLandmarker(name)
    return lambda image, box: landmarker(image, box[None]).points[0]


def public_model(file: Path) -> Model:
    """A deployed file of the public repository."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options, providers=['CPUExecutionProvider'])
    name = session.get_inputs()[0].name

    def run(image: np.ndarray, box: np.ndarray) -> np.ndarray:
        (center,), (extent,) = crop_squares(box[None], PADDING, SIZE)
        cut = crop(image, crop_matrix(center, extent, 0.0, SIZE), SIZE).astype(np.float32)
        tensor = ((cut / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]
        points = session.run(None, {name: np.ascontiguousarray(tensor)})[0].reshape(98, 2)
        return (points - 0.5) * extent + center

    return run


def read_faces(path: Path, folder: Path) -> list[tuple[np.ndarray, np.ndarray, bool]]:
    """Image, points (98, 2) and whether the head is turned, of each face of the list."""
    faces = []
    for number, line in enumerate(read_text(path).split('\n'), 1):
        fields = line.split()
        if fields:
            points = np.array(fields[:196], np.float32).reshape(98, 2)
            image = read_image(inside(folder, fields[-1], f'{path}:{number}'))
            faces.append((image, points, fields[POSE] == '1'))
    return faces


def jitter(boxes: np.ndarray) -> np.ndarray:
    """Boxes as a detector gives them; the same in each run."""
    noise = np.stack([np.random.default_rng([0, i]).normal(size=3) for i in range(len(boxes))])
    scale = 1 + np.clip(0.1 * noise[:, 2:], -0.3, 0.3)
    return jittered(boxes, 0.05 * noise[:, :2], scale).astype(np.float32)


def errors(model: Model, faces: list, boxes: np.ndarray) -> tuple[np.ndarray, float]:
    """NME (F,) in per cent, and the median time of a face in ms."""
    times, found = [], []
    for (image, _, _), box in zip(faces, boxes, strict=True):
        start = time.perf_counter()
        found.append(model(image, box))
        times.append(time.perf_counter() - start)
    truth = np.stack([points for _, points, _ in faces])
    return 100 * np.array(nme(np.stack(found), truth)), 1e3 * float(np.median(times))


def compare(models: dict[str, Model], faces: list) -> list[dict]:
    """A row a model."""
    boxes = landmark_boxes(np.stack([points for _, points, _ in faces])).astype(np.float32)
    turned = np.array([pose for _, _, pose in faces])
    rows, first = [], None
    for name, model in models.items():
        error, ms = errors(model, faces, boxes)
        first = error if first is None else first
        difference = error - first
        rows.append(
            {
                'model': name,
                'NME %': error.mean(),
                'standard error': error.std(ddof=1) / len(error) ** 0.5,
                'failures over 10 %': 100 * (error > 10).mean(),
                'turned': error[turned].mean(),
                'jittered boxes': errors(model, faces, jitter(boxes))[0].mean(),
                'difference': difference.mean(),
                'its standard error': difference.std(ddof=1) / len(error) ** 0.5,
                'ms': ms,
            }
        )
    return rows


def page(rows: list[dict], count: int, turned: int) -> str:
    """The table as Markdown."""
    keys = list(rows[0])
    lines = [
        f'# 98-point models on {count} faces, {turned} of them turned\n',
        f'NME by the distance of points {EYES[0]} and {EYES[1]}; crop, network and decoding on one '
        'thread. See `tools/benchmarks/compare_landmarks.py`.\n',
        '| ' + ' | '.join(keys) + ' |',
        '|---|' + '--:|' * (len(keys) - 1),
    ]
    for row in rows:
        figures = [f'{row[key]:.2f}' for key in keys[1:]]
        lines.append('| ' + ' | '.join([row['model'], *figures]) + ' |')
    return '\n'.join(lines) + '\n'


def main() -> None:
    """Run the comparison."""
    args = parse_args()
    faces = read_faces(args.list, args.images)
    models = {name: exported_model(name) for name in args.models}
    models |= {f'public {file.stem}': public_model(file) for file in args.onnx}
    rows = compare(models, faces)
    text = page(rows, len(faces), sum(pose for _, _, pose in faces))
    print(text)
    if args.out:
        args.out.write_text(text, encoding='utf-8')
        args.out.with_suffix('.json').write_text(json.dumps(rows, indent=1, default=float))


if __name__ == '__main__':
    main()
