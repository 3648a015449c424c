"""Compare face finders on labelled images, in one run on one thread.

``python tools/benchmarks/compare_finders.py LIST IMAGES --yunet FILE --haar --mediapipe``

The first row is `FaceLandmarker` with its default finder, points included.

LIST is in WFLW's official format, which does not label every face: what a finder finds besides
must be looked at (``--sheets``). Columns: labelled faces found (IoU of the boxes >= 0.4), the
turned ones (attribute "pose"), mean IoU, other finds in all images, NME of the landmarks in the
found boxes and in the true boxes of the same faces, median time.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault('OMP_NUM_THREADS', '1')

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.media_pipe_face_finder import MediaPipeFaceFinder

from pfld_mm.core.boxes import iou, landmark_boxes
from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.core.image import read_image
from pfld_mm.core.text import read_text
from pfld_mm.datasets.inside import inside
from pfld_mm.runtime import FaceFinder, FaceLandmarker, HaarFaceFinder, YuNetFaceFinder

MIN_IOU = 0.4
EYES = (60, 72)
"""Outer eye corners of WFLW."""


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Face finders on the same images')
    parser.add_argument('list', type=Path, help="list in WFLW's format")
    parser.add_argument('images', type=Path, help='folder of its images')
    parser.add_argument(
        '--finder', nargs='*', default=['face_finder'], help='exported finders, or shipped names'
    )
    parser.add_argument('--min-score', type=float, help='of the exported finders')
    parser.add_argument('--max-side', type=int, default=640, help='of the exported finders')
    parser.add_argument('--yunet', type=Path, help='YuNet, as OpenCV reads it')
    parser.add_argument('--mediapipe', action='store_true', help="MediaPipe's full-range detector")
    parser.add_argument('--haar', action='store_true', help="OpenCV's cascade, too")
    parser.add_argument('--landmarks', default='pfld_ghostone_98', help='model of 98 points')
    parser.add_argument('--sheets', type=Path, help='folder for images of all other finds')
    parser.add_argument('--out', type=Path, help='Markdown file; a .json is written beside it')
    return parser.parse_args()


def read_list(path: Path, folder: Path) -> dict[Path, list[tuple[np.ndarray, bool]]]:
    """Points (98, 2) and "pose" of the faces of each image."""
    images: dict[Path, list[tuple[np.ndarray, bool]]] = {}
    for number, line in enumerate(read_text(path).split('\n'), 1):
        fields = line.split()
        if fields:
            points = np.array(fields[:196], np.float32).reshape(98, 2)
            image = Path(inside(folder, fields[-1], f'{path}:{number}'))
            images.setdefault(image, []).append((points, fields[200] == '1'))
    return images


def open_finders(args: argparse.Namespace) -> dict[str, Callable]:
    """The finders by name."""
    finders: dict[str, Callable] = {'FaceLandmarker()': confirmed_faces(args.landmarks)}
    finders |= {
        name: FaceFinder(name, max_side=args.max_side, min_score=args.min_score)
        for name in args.finder
    }
    if args.yunet:
        finders['YuNet'] = YuNetFaceFinder(args.yunet)
    if args.mediapipe:
        finders['MediaPipe, full range'] = MediaPipeFaceFinder()
    if args.haar:
        finders['Haar'] = HaarFaceFinder()
    return finders


def confirmed_faces(name: str) -> Callable:
    """What `FaceLandmarker` finds: the finder's faces that the points are sure of."""
    landmarker = FaceLandmarker(name)
    return lambda image: landmarker(image).boxes


def measure(
    finder: Callable, landmarker: FaceLandmarker, images: dict, sheet: list | None
) -> dict[str, float]:
    """The figures of one finder; images of its other finds are added to ``sheet``."""
    hits, turned, ious, found_nme, true_nme, times, others = [], [], [], [], [], [], 0
    for path, faces in images.items():
        image = read_image(path)
        finder(image)
        start = time.perf_counter()
        found = finder(image)
        times.append(time.perf_counter() - start)
        found = found if isinstance(found, FoundFaces) else FoundFaces.of_boxes(found)
        points = np.stack([points for points, _ in faces])
        overlaps = iou(landmark_boxes(points), found.boxes)
        best = overlaps.argmax(axis=1) if len(found) else np.zeros(len(faces), int)
        hit = overlaps.max(axis=1, initial=0) >= MIN_IOU
        hits += hit.tolist()
        turned += [pose for _, pose in faces]
        ious += overlaps.max(axis=1, initial=0)[hit].tolist()
        if hit.any():
            found_nme += nme(landmarker(image, found[best[hit]]).points, points[hit])
            true_nme += nme(landmarker(image, landmark_boxes(points[hit])).points, points[hit])
        stray = (overlaps < MIN_IOU).all(axis=0)
        others += int(stray.sum())
        if sheet is not None:
            others_here = found[stray]
            finds = zip(others_here.boxes, others_here.scores, strict=True)
            sheet += [tile(image, *find) for find in finds]
    is_turned = np.array(turned)
    return {
        'found': float(np.mean(hits)),
        'turned found': float(np.mean(np.array(hits)[is_turned])),
        'IoU': float(np.mean(ious)),
        'other finds': others,
        'NME %, found boxes': 100 * float(np.mean(found_nme)),
        'NME %, true boxes': 100 * float(np.mean(true_nme)),
        'ms': 1e3 * float(np.median(times)),
    }


def nme(points: np.ndarray, truth: np.ndarray) -> list[float]:
    """Mean distance of each face's points (F, 98, 2), in distances of its outer eye corners."""
    eyes = np.linalg.norm(truth[:, EYES[0]] - truth[:, EYES[1]], axis=1)
    return (np.linalg.norm(points - truth, axis=2).mean(axis=1) / eyes).tolist()


def tile(image: np.ndarray, box: np.ndarray, score: float) -> np.ndarray:
    """The surroundings of a find, (160, 160, 3), with its box and score."""
    center, side = (box[:2] + box[2:]) / 2, max(float((box[2:] - box[:2]).max()) * 2.5, 8.0)
    zoom = 160 / side
    matrix = np.array([[zoom, 0, 80 - zoom * center[0]], [0, zoom, 80 - zoom * center[1]]])
    shown = cv2.warpAffine(image, matrix, (160, 160), flags=cv2.INTER_AREA)
    corners = (box.reshape(2, 2) * zoom + matrix[:, 2]).round().astype(int)
    cv2.rectangle(shown, corners[0].tolist(), corners[1].tolist(), (0, 255, 0), 1)
    cv2.putText(shown, f'{score:.2f}', (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 255, 255), 1)
    return shown


def grid(tiles: list[np.ndarray], columns: int = 10) -> np.ndarray:
    """All tiles in rows."""
    tiles = tiles + [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    return np.vstack(rows)


def main() -> None:
    """Measure all finders and print the table."""
    args = parse_args()
    cv2.setNumThreads(1)
    images, landmarker = read_list(args.list, args.images), FaceLandmarker(args.landmarks)
    results = {}
    for name, finder in open_finders(args).items():
        sheet: list[np.ndarray] | None = [] if args.sheets else None
        results[name] = measure(finder, landmarker, images, sheet)
        if sheet:
            args.sheets.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(args.sheets / f'{Path(name).name}.png'), grid(sheet))
    columns = list(next(iter(results.values())))
    lines = ['| finder | ' + ' | '.join(columns) + ' |', '|---' * (len(columns) + 1) + '|']
    for name, row in results.items():
        cells = [f'{row[column]:.4g}' for column in columns]
        lines.append(f'| {Path(name).name} | ' + ' | '.join(cells) + ' |')
    print('\n'.join(lines))
    if args.out:
        args.out.write_text('\n'.join(lines) + '\n', encoding='utf-8')
        args.out.with_suffix('.json').write_text(json.dumps(results, indent=1), encoding='utf-8')


if __name__ == '__main__':
    sys.exit(main())
