"""Images of each method's worst answers."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
from benchmarks.slider.comparison import Answer
from benchmarks.slider.image_set import ImageSet

from pfld_mm.evaluation.slider_sheet import draw_prediction, slider_sheet


def write_worst(
    folder: Path, images: ImageSet, answers: dict[str, list[Answer]], count: int = 12
) -> None:
    """Write a sheet for each method with its `count` worst answers to a set.

    Green ring: the true gap. Red cross: the answer, in the top left corner if there is none.
    Yellow squares: decoys.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for method, given in answers.items():
        worst = sorted(given, key=lambda answer: -answer.distance)[:count]
        if worst:
            tiles = [_tile(images, answer) for answer in worst]
            name = re.sub(r'\W+', '_', f'{images.name} {method}').strip('_')
            cv2.imwrite(str(folder / f'{name}.png'), slider_sheet(tiles, 3, 480))


def _tile(images: ImageSet, answer: Answer) -> np.ndarray:
    case = images.get(answer.index)
    point = answer.point or (0.0, 0.0)
    y = case.gap[1] if np.isnan(point[1]) else point[1]
    off = 'no answer' if answer.point is None else f'{answer.distance:.1f} px'
    pred = np.array([(point[0], y)] * 2)
    return draw_prediction(
        case.image, pred, (case.gap, None), case.decoys, title=f'{answer.index}: {off}', width=480
    )
