from __future__ import annotations

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from pfld_mm.datasets.face.unusable_sample import UnusableSample


@TRANSFORMS.register_module()
class LoadFinderImage(BaseTransform):
    """Read a whole image, and shrink it where its longer side exceeds a limit.

    Needs ``img_path``. Adds ``img`` (H, W, 3) uint8 BGR, ``ori_shape`` (h, w) and ``input_zoom``,
    input pixels for an image pixel. Labels stay in pixels of the whole image.

    Args:
        max_side: Longer side of the result at most, in pixels; None leaves the size alone.
        cache: Keep every image in memory, in each worker of the loader on its own.
    """

    def __init__(self, max_side: int | None = None, cache: bool = False) -> None:
        self.max_side = max_side
        self.cache: dict[str, np.ndarray] | None = {} if cache else None

    def transform(self, results: dict) -> dict:
        """Read the image.

        Raises:
            UnusableSample: If it is not a readable image.
        """
        image = self._read(results['img_path'])
        height, width = results['ori_shape'] = image.shape[:2]
        zoom = min(1.0, (self.max_side or max(height, width)) / max(height, width))
        if zoom < 1:
            size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        results.update(img=image, input_zoom=zoom)
        return results

    def _read(self, path: str) -> np.ndarray:
        if self.cache is not None and path in self.cache:
            return self.cache[path]
        image = cv2.imread(path, cv2.IMREAD_COLOR)
        if image is None:
            raise UnusableSample(f'{path} is not a readable image')
        if self.cache is not None:
            self.cache[path] = image
        return image
