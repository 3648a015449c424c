"""How steady the points are in video, as figures on clips whose true points are known.

``python tools/benchmarks/video_jitter.py [--model NAME] [--images FOLDER] [--out page.md]``

Clips of 2 s at 30 Hz with sensor noise: drawn faces that rest, move or turn, and, with
``--images``, still photos that are moved under the camera (their largest face). Each is run through

* *each frame alone*: finder and landmarks of every frame;
* *alone, One-Euro*: the same points through the filter;
* *tracked*: `FaceTracker` without a filter;
* *tracked, One-Euro*: what the command line does with videos.

r(t) is predicted minus true points; the unit is the mean face size of the clip (the root of the
area of the true points' box; of a photo: of the predicted points').

* *flicker*: mean over frames and points of |r(t) - (r(t-1) + r(t+1)) / 2|, in 1/1000; motion itself
  adds nothing, and a lag next to nothing.
* *lag*: the delay that explains most of r(t): -sum(r v) / sum(v v), v the true velocity, r without
  its mean of each point; milliseconds. Of clips that move.
* *error*: mean |r(t)|, in 1/100; not known for photos.
* *lost*: frames without the face.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.video_clips import FPS, MOTIONS, PANNED, Clip, drawn_clip, panned_clips

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.runtime import FaceLandmarker, FaceLandmarks, FaceTracker, OneEuro

ALONE, ALONE_FILTERED = 'each frame alone', 'alone, One-Euro'
TRACKED, TRACKED_FILTERED = 'tracked', 'tracked, One-Euro'
WAYS = (ALONE, ALONE_FILTERED, TRACKED, TRACKED_FILTERED)
Run = Callable[[np.ndarray, float], FaceLandmarks]


@dataclass
class Track:
    """Points of a clip's face: (T, K, 2) predicted, NaN where lost, and (T, K or 1, 2) true.

    Attributes:
        found: What was predicted.
        truth: True points, or the true shifts if only those are known.
    """

    found: np.ndarray
    truth: np.ndarray


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Flicker and lag of the points in video')
    parser.add_argument('--model', default='pfld_ghostone_98', help='exported 98-point model')
    parser.add_argument('--faces', type=int, default=8, help='clips of each kind')
    parser.add_argument('--seed', type=int, default=903)
    parser.add_argument('--images', type=Path, help='folder of photos to pan over')
    parser.add_argument('--out', type=Path, help='Markdown file; a .json is written beside it')
    return parser.parse_args()


def run_clip(clip: Clip, model: FaceLandmarker) -> dict[str, Track]:
    """The clip's largest face, found in all ways."""
    ways: dict[str, Run] = {
        ALONE: lambda image, _: model(image),
        TRACKED: FaceTracker(model),
        TRACKED_FILTERED: FaceTracker(model, smooth=OneEuro),
    }
    truth, found = [], {way: [] for way in WAYS}
    single = OneEuro()
    near: np.ndarray | None = None
    for index, (image, points) in enumerate(clip):
        truth.append(points)
        for way, run in ways.items():
            faces = run(image, index / FPS)
            found[way].append(_nearest(faces.points, points if len(points) > 1 else near))
        alone = found[ALONE][-1]
        if near is None and np.isfinite(alone).all():
            near = alone
        filtered = alone
        if np.isfinite(alone).all():
            filtered = single(alone, index / FPS, float(_size(alone)))
        found[ALONE_FILTERED].append(filtered)
    return {way: Track(np.stack(found[way]), np.stack(truth)) for way in WAYS}


def _nearest(faces: np.ndarray, expected: np.ndarray | None) -> np.ndarray:
    """Of the faces (F, K, 2) the one next to the expected points, or the largest; else NaN.

    Farther than the face's own size is another face.
    """
    if not len(faces):
        return np.full((98, 2), np.nan)
    if expected is None:
        return faces[np.argmax(_size(faces))]
    distances = np.linalg.norm(faces.mean(1) - expected.mean(0), axis=-1)
    if distances.min() > _size(expected):
        return np.full(faces.shape[1:], np.nan)
    return faces[np.argmin(distances)]


def _size(points: np.ndarray) -> np.ndarray:
    """Root of the area of the box around the points (..., K, 2), pixels."""
    box = landmark_boxes(points)
    return np.sqrt((box[..., 2:] - box[..., :2]).prod(-1))


def clip_figures(track: Track) -> dict[str, float]:
    """Flicker, lag, error and lost frames of a clip; NaN where they cannot be told."""
    is_shift = track.truth.shape[1] == 1
    good = np.isfinite(track.found).all((1, 2))
    row = {'flicker': np.nan, 'lag ms': np.nan, 'error': np.nan, 'lost': float((~good).mean())}
    triples = good[:-2] & good[1:-1] & good[2:]
    if not triples.any():
        return row
    size = float(_size(track.found[good] if is_shift else track.truth).mean())
    residual = (track.found - track.truth) / size
    flicker = np.linalg.norm(np.diff(residual, 2, axis=0) / 2, axis=-1)[triples].mean()
    row['flicker'] = 1e3 * float(flicker)
    velocity = np.gradient(track.truth, 1 / FPS, axis=0) / size
    velocity = np.broadcast_to(velocity, residual.shape)[good]
    centered = residual[good] - residual[good].mean(0)
    if (power := float((velocity**2).sum())) > 1e-9:
        row['lag ms'] = -1e3 * float((centered * velocity).sum()) / power
    if not is_shift:
        row['error'] = 1e2 * float(np.linalg.norm(residual[good], axis=-1).mean())
    return row


def measure(clips: Iterable[Clip], model: FaceLandmarker) -> dict[str, dict[str, float]]:
    """Mean figures over the clips, of each way."""
    rows: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for clip in clips:
        for way, track in run_clip(clip, model).items():
            rows[way].append(clip_figures(track))
    return {way: {key: _mean([row[key] for row in found]) for key in found[0]}
            for way, found in rows.items()}  # fmt: skip


def _mean(values: list[float]) -> float:
    known = np.array(values)[np.isfinite(values)]
    return float(known.mean()) if len(known) else float('nan')


def table(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """Markdown: a line for each kind of clip and way."""
    heads = ['clip', 'way', 'flicker /1000', 'lag ms', 'error %', 'lost %']
    lines = [heads, ['---'] * len(heads)]
    for kind, ways in results.items():
        for way, row in ways.items():
            numbers = (row['flicker'], row['lag ms'], row['error'], 100 * row['lost'])
            cells = ['-' if np.isnan(n) else f'{n:.{2 if i in (0, 2) else 1}f}'
                     for i, n in enumerate(numbers)]  # fmt: skip
            lines.append([kind, way, *cells])
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines)


def main() -> None:
    """Draw, run, print, write."""
    args = parse_args()
    try:
        model = FaceLandmarker(args.model)
        results = {
            motion: measure((drawn_clip(motion, i, args.seed) for i in range(args.faces)), model)
            for motion in MOTIONS
        }
        if args.images:
            results[PANNED] = measure(panned_clips(args.images, args.faces, args.seed), model)
    except (OSError, ValueError, ImportError) as error:
        raise SystemExit(f'video_jitter.py: {error}') from None
    print(text := table(results))
    if args.out:
        args.out.write_text(text + '\n', encoding='utf-8')
        args.out.with_suffix('.json').write_text(json.dumps(results, indent=1) + '\n')


if __name__ == '__main__':
    main()
