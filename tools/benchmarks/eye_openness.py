"""How well a model's points tell open eyes from shut ones, on drawn faces with exact lids.

``python tools/benchmarks/eye_openness.py [--model NAME] [--faces 600] [--out page.md]``

The faces are drawn on the fly from a seed, half of them with an eye that is shut or nearly. Each is
cut out of the box around its true points. Figures are over eyes of the visible side:

* *shut / open AUC*: openness 0 against 0.75 and more (1 = the open eye of that person), ranked by
  the model's ``eye_openness``; *nearly shut AUC*: 0.2 and less against all that is more.
* *error*: of the mean distance of the lids, as part of the eye's true width.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from scipy.stats import mannwhitneyu

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.core.openness import OPENINGS_98, eye_aspect_ratio, eye_openness
from pfld_mm.runtime import FaceLandmarker
from pfld_mm.synth.faces.parameters import FaceParameters
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face

SEED = 902
CLOSED_RATIO = 0.5
SHUT, NEARLY_SHUT, OPEN = 1e-6, 0.2, 0.75
"""Openness, 1 = the open eye of that person."""
MAX_YAW = np.deg2rad(30)
"""Beyond it the eye of the far side counts as hidden."""
Row = dict[str, float]


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Open and shut eyes of drawn faces')
    parser.add_argument('--model', default='pfld_ghostone_98', help='exported 98-point model')
    parser.add_argument('--faces', type=int, default=600)
    parser.add_argument('--seed', type=int, default=SEED, help='not one that was trained on')
    parser.add_argument('--size', type=int, default=384, help='side of the images in pixels')
    parser.add_argument('--out', type=Path, help='Markdown file; a .json is written beside it')
    return parser.parse_args()


def visible(face: FaceParameters) -> tuple[bool, bool]:
    """Whether the right and the left eye are seen: not turned away, not behind something."""
    if face.occlusion in ('sunglasses', 'hand', 'fringe', 'patches'):
        return False, False
    # yaw > 0 turns the right eye away
    return face.yaw < MAX_YAW, face.yaw > -MAX_YAW


def measure(model: FaceLandmarker, count: int, seed: int, size: int) -> dict[str, np.ndarray]:
    """True openness, predicted ``eye_openness`` and EAR, and error of each visible eye, (E,)."""
    found: dict[str, list[np.ndarray]] = {'openness': [], 'area': [], 'ear': [], 'error': []}
    for index in range(count):
        face = sample_face(seed, 'test', index, size, CLOSED_RATIO)
        image, truth = render_face(face)
        points = model(image, landmark_boxes(truth)[None]).points[0]
        seen = np.array(visible(face))
        ratios = eye_openness(points, OPENINGS_98)
        found['openness'].append(1 - np.array(face.expression.eye_closures)[seen])
        found['area'].append(ratios[seen])
        found['ear'].append(eye_aspect_ratio(points, OPENINGS_98)[seen])
        true_widths = _widths(truth)
        distances = ratios * _widths(points)
        true_distances = eye_openness(truth, OPENINGS_98) * true_widths
        found['error'].append(((distances - true_distances) / true_widths)[seen])
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _widths(points: np.ndarray) -> np.ndarray:
    """(2,) pixels between the corners of the right and the left eye."""
    eyes = (OPENINGS_98.right_eye, OPENINGS_98.left_eye)
    return np.array([np.linalg.norm(points[e[0]] - points[e[len(e) // 2]]) for e in eyes])


def auc(lower: np.ndarray, higher: np.ndarray) -> float:
    """Probability that one of ``higher`` (N,) is above one of ``lower`` (M,); ties count half."""
    return float(mannwhitneyu(higher, lower).statistic / (len(higher) * len(lower)))


def figures(eyes: dict[str, np.ndarray]) -> Row:
    """What the table shows."""
    openness, area, error = eyes['openness'], eyes['area'], np.abs(eyes['error'])
    shut, is_open, nearly = openness < SHUT, openness >= OPEN, openness <= NEARLY_SHUT
    if not shut.any() or not is_open.any() or nearly.all():
        raise SystemExit(
            'eye_openness.py: no shut or no open eye among so few faces; raise --faces'
        )
    return {
        'eyes': len(openness),
        'shut / open AUC': auc(area[shut], area[is_open]),
        'by EAR': auc(eyes['ear'][shut], eyes['ear'][is_open]),
        'nearly shut AUC': auc(area[nearly], area[~nearly]),
        'error %': 100 * float(error.mean()),
        'error p95 %': 100 * float(np.quantile(error, 0.95)),
        'bias of shut %': 100 * float(eyes['error'][shut].mean()),
        'bias of open %': 100 * float(eyes['error'][is_open].mean()),
    }


def table(name: str, row: Row) -> str:
    """Markdown."""
    cells = [f'{value:.4f}' if 'AUC' in key or 'EAR' in key else f'{value:.4g}'
             for key, value in row.items()]  # fmt: skip
    head = ['model', *row]
    lines = [head, ['---'] * len(head), [name, *cells]]
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines)


def main() -> None:
    """Draw, measure, print, write."""
    args = parse_args()
    try:
        model = FaceLandmarker(args.model)
    except (OSError, ValueError, ImportError) as error:
        raise SystemExit(f'eye_openness.py: {error}') from None
    if model.info.num_keypoints != 98:
        raise SystemExit(f'eye_openness.py: {args.model} has {model.info.num_keypoints} points; '
                         'name a model of 98')  # fmt: skip
    row = figures(measure(model, args.faces, args.seed, args.size))
    print(text := table(args.model, row))
    if args.out:
        args.out.write_text(text + '\n', encoding='utf-8')
        args.out.with_suffix('.json').write_text(json.dumps({args.model: row}, indent=1) + '\n')


if __name__ == '__main__':
    main()
