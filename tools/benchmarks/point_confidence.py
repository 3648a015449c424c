"""How well a model's standard deviations tell the errors of its points.

``python tools/benchmarks/point_confidence.py CONFIG --cfg-options data_root=DATA``

The faces are those of the config's ``test_dataloader``, cut out of the box around their true
points: once as they are, and once with a side of each face covered (`OccludeFaces`: a color, noise
or another part of the image).

* *rank correlation*: Spearman's, of each point's deviation and distance from the true point, in
  pixels of the image; *sizes taken out*: both in sides of the face's box;
* *within*: coordinates whose error is below one and 1.96 standard deviations, 68.3 and 95 % of a
  normal distribution;
* *covered AUC*: a covered point has a larger deviation than a free one, of all pairs of points, and
  of all pairs of one point on different faces. The first mixes points of different difficulty.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.eye_openness import auc
from scipy.stats import spearmanr

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.engine.config_options import ConfigOptions
from pfld_mm.runtime import FaceLandmarker

SEED = 0
"""Of the covers."""
Face = tuple[np.ndarray, np.ndarray]
"""Image (H, W, 3) uint8 BGR and true points (K, 2)."""
Row = dict[str, float]


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Standard deviations of points, and their errors')
    parser.add_argument('config', help='config whose test faces are measured')
    parser.add_argument('--model', default='pfld_ghostone_98', help='exported model')
    parser.add_argument(
        '--cfg-options', nargs='+', action=ConfigOptions, help='override settings of the config'
    )
    return parser.parse_args()


def read_faces(config: str, options: dict | None) -> Iterator[Face]:
    """The test faces, one at a time."""
    from mmpose.registry import DATASETS

    from pfld_mm.engine.config import load_config

    dataset = load_config(config, options).test_dataloader.dataset
    dataset.pipeline = [dict(type='LoadFace', reduce=False)]
    for sample in DATASETS.build(dataset):
        yield sample['img'], sample['keypoints'][0]


def cover(image: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The image with a side of the face covered, and which points (K,) are under the cover.

    Points outside the image count as free.
    """
    from pfld_mm.datasets.transforms.occlude_faces import OccludeFaces

    boxes = landmark_boxes(points)[None]
    covered = OccludeFaces(prob=1.0)(dict(img=image, boxes=boxes))['img']
    changed = (covered != image).any(2)
    x, y = np.round(points).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < image.shape[1]) & (y < image.shape[0])
    under = np.zeros(len(points), bool)
    under[inside] = changed[y[inside], x[inside]]
    return covered, under


def measure(model: Any, faces: Iterable[Face], covers: bool) -> dict[str, np.ndarray]:
    """``error`` and ``sigma`` (F, K, 2) in sides of the face's box, the ``side`` (F, 1) in pixels,
    and ``covered`` (F, K).

    Raises:
        ValueError: If the model tells no deviations, or has other points than the labels.
    """
    state = np.random.RandomState(SEED).get_state()  # of our own: datasets seed the global one
    found: dict[str, list[np.ndarray]] = {'error': [], 'sigma': [], 'side': [], 'covered': []}
    for image, points in faces:
        under = np.zeros(len(points), bool)
        if covers:
            np.random.set_state(state)
            image, under = cover(image, points)
            state = np.random.get_state()
        box = landmark_boxes(points)
        face = model(image, box[None])[0]
        if face.sigmas is None:
            raise ValueError('the model tells no standard deviations')
        if face.points.shape != points.shape:
            raise ValueError(
                f'the model has {len(face.points)} points, the faces have {len(points)}'
            )
        side = np.max(box[2:] - box[:2])
        found['error'].append(np.abs(face.points - points) / side)
        found['sigma'].append(face.sigmas / side)
        found['side'].append(side[None])
        found['covered'].append(under)
    return {name: np.stack(values) for name, values in found.items()}


def figures(found: dict[str, np.ndarray]) -> Row:
    """What a row of the table shows."""
    error, sigma, covered = found['error'], found['sigma'], found['covered']
    point, distance = np.linalg.norm(sigma, axis=2), np.linalg.norm(error, axis=2)
    row = {
        'rank correlation': rank_correlation(point * found['side'], distance * found['side']),
        'sizes taken out': rank_correlation(point, distance),
        'within one sigma %': 100 * float((error < sigma).mean()),
        'within 1.96 sigma %': 100 * float((error < 1.96 * sigma).mean()),
        'covered points %': 100 * float(covered.mean()),
    }
    if covered.any():
        row['covered AUC'] = auc(point[~covered], point[covered])
        row['of the same point'] = same_point_auc(point, covered)
    return row


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's, of all values of two arrays of the same shape."""
    return float(spearmanr(a.ravel(), b.ravel())[0])


def same_point_auc(sigma: np.ndarray, covered: np.ndarray) -> float:
    """Mean over the points that are covered on some faces and free on others; both (F, K)."""
    pairs = [
        auc(values[~under], values[under])
        for values, under in zip(sigma.T, covered.T, strict=True)
        if under.any() and not under.all()
    ]
    return float(np.mean(pairs))


def table(rows: dict[str, Row]) -> str:
    """Markdown."""
    keys = list(max(rows.values(), key=len))
    lines = [['faces', *keys], ['---', *['--:'] * len(keys)]]
    for name, row in rows.items():
        lines.append([name, *(f'{row[key]:.3g}' if key in row else '' for key in keys)])
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines)


def main() -> None:
    """Measure and print."""
    args = parse_args()
    try:
        model = FaceLandmarker(args.model)
        plain, covered = (
            measure(model, read_faces(args.config, args.cfg_options), covers)
            for covers in (False, True)
        )
    except (OSError, ValueError, ImportError) as error:
        raise SystemExit(f'point_confidence.py: {error}') from None
    print(f'{args.model}, {len(plain["error"])} faces\n')
    print(table({'as they are': figures(plain), 'a side covered': figures(covered)}))


if __name__ == '__main__':
    main()
