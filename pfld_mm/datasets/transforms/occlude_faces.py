from __future__ import annotations

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class OccludeFaces(BaseTransform):
    """Cover one side of some faces with a color, with noise or with another part of the image.

    Needs ``img`` and ``boxes`` (F, 4); changes ``img`` in a copy. More than half of a face always
    stays visible.

    Args:
        prob: Of each face.
        ratio: Range of the covered extent of the box.
    """

    def __init__(self, prob: float = 0.15, ratio: tuple[float, float] = (0.15, 0.5)) -> None:
        self.prob = prob
        self.ratio = tuple(ratio)

    def transform(self, results: dict) -> dict:
        """Occlude, from numpy's global random state."""
        chosen = results['boxes'][np.random.rand(len(results['boxes'])) < self.prob]
        if len(chosen):
            results['img'] = results['img'].copy()
        for box in chosen:
            self._cover(results['img'], box)
        return results

    def _cover(self, image: np.ndarray, box: np.ndarray) -> None:
        box = box.astype(np.float64).copy()
        side, axis = np.random.randint(2), np.random.choice((0, 1), p=(0.35, 0.65))
        extent = np.random.uniform(*self.ratio) * (box[2 + axis] - box[axis])
        if side:
            box[axis] = box[2 + axis] - extent
        else:
            box[2 + axis] = box[axis] + extent
        height, width = image.shape[:2]
        x0, y0, x1, y1 = np.clip(np.round(box), 0, (width, height, width, height)).astype(int)
        h, w = y1 - y0, x1 - x0
        if h < 1 or w < 1:
            return
        kind = np.random.randint(3)
        if kind == 0:
            cover = np.random.randint(0, 256, 3)
        elif kind == 1:
            cover = np.random.randint(0, 256, (h, w, 3))
        else:
            y, x = np.random.randint(height - h + 1), np.random.randint(width - w + 1)
            cover = image[y : y + h, x : x + w].copy()
        image[y0:y1, x0:x1] = cover
