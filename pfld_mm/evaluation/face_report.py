"""Images of an evaluation: the curve of cumulative errors and a sheet of faces."""

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pfld_mm.core.image import read_image
from pfld_mm.evaluation.functional import area_under_curve, failure_rate

TILE = 320  # side of a face on the sheet, pixels
CAPTION = 44  # height of the two lines under it
TITLE = 34  # height of a row's title
COLUMNS = 6
BITS = 4  # of the fraction in cv2's fixed-point coordinates
GREEN, RED, WHITE, GRAY = (60, 220, 60), (50, 50, 255), (255, 255, 255), (170, 170, 170)  # BGR
PAPER = (32, 32, 32)


def draw_curve(
    path: Path, errors: np.ndarray, failure_thresholds: Sequence[float], auc_threshold: float
) -> None:
    """Draw the ratio of faces (0 to 100 %) whose error is at most x, as a staircase.

    Args:
        path: The PNG to write.
        errors: Errors (N,) as fractions.
        failure_thresholds: Drawn as dashed lines.
        auc_threshold: The area up to here is tinted.
    """
    end = 1.25 * max([auc_threshold, *failure_thresholds])
    x = np.concatenate([[0], np.sort(errors), [max(end, errors.max())]])
    y = np.concatenate([[0], np.arange(1, len(errors) + 1) / len(errors), [1]])
    figure = Figure(figsize=(7, 4.5), dpi=120, layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.step(100 * x, 100 * y, where='post', color='tab:blue')
    area = (x <= auc_threshold).nonzero()[0]
    axes.fill_between(
        100 * np.append(x[area], auc_threshold),
        100 * np.append(y[area], y[area[-1]]),
        step='post',
        alpha=0.15,
        label=f'AUC at {100 * auc_threshold:g} %: {area_under_curve(errors, auc_threshold):.4f}',
    )
    for threshold, style in zip(failure_thresholds, cycle(('--', ':', '-.'))):
        failed = 100 * failure_rate(errors, threshold)
        label = f'failure at {100 * threshold:g} %: {failed:.2f} % of the faces'
        axes.axvline(100 * threshold, color='tab:red', ls=style, lw=1.5, label=label)
    axes.set(
        xlim=(0, 100 * end),
        ylim=(0, 100),
        xlabel='normalised error of a face, %',
        ylabel='faces with at most this error, %',
        title=f'{len(errors)} faces, NME {100 * errors.mean():.2f} %',
    )
    axes.grid(alpha=0.3)
    axes.legend(loc='lower right')
    figure.savefig(path)


def draw_sheet(path: Path, faces: Sequence[dict]) -> None:
    """Draw the best, the median and the worst faces with their true and predicted points.

    An image that cannot be read leaves a dark tile: a report must not end a training.

    Args:
        path: The JPEG to write.
        faces: Each with 'image' (a path), 'id', 'error' (a fraction), 'gt' (K, 2; NaN where
            not marked) and 'pred' (K, 2), in pixels of the image.
    """
    order = sorted(range(len(faces)), key=lambda i: faces[i]['error'])
    columns = min(COLUMNS, max(1, len(faces) // 3))
    middle = (len(faces) - columns) // 2
    rows = {
        'best': order[:columns],
        'median': order[middle : middle + columns],
        'worst': order[::-1][:columns],
    }
    strips = []
    for title, chosen in rows.items():
        strips += [
            _title(title, columns * TILE),
            np.concatenate([_tile(faces[i]) for i in chosen], axis=1),
        ]
    _, encoded = cv2.imencode('.jpg', np.concatenate(strips), [cv2.IMWRITE_JPEG_QUALITY, 92])
    path.write_bytes(encoded.tobytes())


def _title(text: str, width: int) -> np.ndarray:
    """A row's title with the legend."""
    strip = np.full((TITLE, width, 3), PAPER, np.uint8)
    x = 8
    for word, color in ((text, WHITE), ('true', GREEN), ('predicted', RED)):
        cv2.putText(strip, word, (x, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, color, 1, cv2.LINE_AA)
        x += 90 if word == text else 55
    return strip


def _tile(face: dict) -> np.ndarray:
    """One face (TILE + CAPTION, TILE, 3): crop, points, error and image name."""
    gt, pred = face['gt'], face['pred']
    low, high = np.nanmin(gt, axis=0), np.nanmax(gt, axis=0)
    # the upper bound limits the memory if points are far off
    side = int(np.clip(1.4 * np.max(high - low), 2, 4096))
    middle, scale = (low + high) / 2, TILE / side
    crop = cv2.getRectSubPix(_read(face['image']), (side, side), middle.tolist())
    smooth = cv2.INTER_AREA if side > TILE else cv2.INTER_LINEAR
    tile = cv2.resize(crop, (TILE, TILE), interpolation=smooth)
    # the middle of the face is the middle of the tile; pixel centers are at whole numbers
    place = scale * (np.stack([gt, pred]) - middle) + (TILE - 1) / 2
    marked = np.isfinite(gt).all(axis=1)
    pairs = list(zip(_fixed(place[0, marked]), _fixed(place[1, marked]), strict=True))
    for ends in pairs:
        cv2.line(tile, *ends, WHITE, 1, cv2.LINE_AA, shift=BITS)
    for point, _ in pairs:
        cv2.circle(tile, point, 3 << BITS, GREEN, -1, cv2.LINE_AA, shift=BITS)
    for point in _fixed(place[1]):
        cv2.circle(tile, point, 2 << BITS, RED, -1, cv2.LINE_AA, shift=BITS)
    tile[:, -2:] = PAPER
    caption = np.full((CAPTION, TILE, 3), PAPER, np.uint8)
    name = Path(face['image']).name.encode('ascii', 'replace').decode()[-48:]
    percent = f'{100 * face["error"]:.2f} %'
    cv2.putText(caption, percent, (6, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.55, WHITE, 1, cv2.LINE_AA)
    cv2.putText(caption, name, (6, 36), cv2.FONT_HERSHEY_SIMPLEX, 0.34, GRAY, 1, cv2.LINE_AA)
    return np.concatenate([tile, caption])


def _read(path: str) -> np.ndarray:
    """The image in BGR, a dark one where it cannot be read."""
    try:
        return read_image(path)
    except (OSError, ValueError, ImportError):
        return np.full((1, 1, 3), PAPER, np.uint8)


def _fixed(points: np.ndarray) -> list[tuple[int, int]]:
    """Points (K, 2) in cv2's fixed-point numbers, clipped to what it can draw."""
    whole = np.clip(points * 2**BITS, -16000, 32000).round().astype(int)
    return [(x, y) for x, y in whole.tolist()]
