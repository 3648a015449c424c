from __future__ import annotations

import numpy as np
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.registry import KEYPOINT_CODECS

from pfld_mm.core.finder.decode import STRIDE, cell_centers, decode_faces


@KEYPOINT_CODECS.register_module()
class FaceMapLabel(BaseKeypointCodec):
    """Faces of an image as maps of stride 8: center heatmap, box, five points.

    After "Objects as Points" (arXiv 1904.07850) and TTFNet (arXiv 1909.00700): a Gaussian whose
    width follows the box is the heatmap's target and weights the cells that learn box and points.
    Only the cell that holds the center is positive. `decode_faces` is the inverse.

    Args:
        input_size: (w, h) of the input in pixels, multiples of 32.
        sigma_ratio: Standard deviation of the Gaussian in box sides, per axis.
        min_sigma: Its lower bound in cells.
        region: Cells with a Gaussian above this learn box and points.
    """

    NEIGHBOR_CAP = 0.89
    """Just below the focal loss's positive threshold of 0.9."""

    auxiliary_encode_keys = {'ignore'}
    label_mapping_table: dict = {}
    field_mapping_table = {
        key: key for key in ('heatmap', 'heatmap_weight', 'box', 'points', 'region_weight')
    }

    def __init__(
        self,
        input_size: tuple[int, int] = (320, 320),
        sigma_ratio: float = 0.09,
        min_sigma: float = 0.4,
        region: float = 0.3,
    ) -> None:
        super().__init__()
        if input_size[0] % 32 or input_size[1] % 32:
            raise ValueError(f'input_size must be multiples of 32, found {tuple(input_size)}')
        self.input_size = tuple(input_size)
        self.sigma_ratio = sigma_ratio
        self.min_sigma = min_sigma
        self.region = region

    def encode(
        self, boxes: np.ndarray, points: np.ndarray, ignore: np.ndarray | None = None
    ) -> dict[str, np.ndarray]:
        """Make the maps of one image, h = H / 8 and w = W / 8.

        Args:
            boxes: (F, 4) x_min, y_min, x_max, y_max in input pixels.
            points: (F, 5, 2).
            ignore: (F,) true: neither face nor background.

        Returns:
            float32 ``heatmap`` (1, h, w), ``heatmap_weight`` (1, h, w), 0 in ignored boxes,
            ``box`` (4, h, w) log distances in cells, ``points`` (10, h, w) in box sides,
            ``region_weight`` (1, h, w), which sums to 1 for each face.
        """
        w, h = (side // STRIDE for side in self.input_size)
        maps = dict(
            heatmap=np.zeros((1, h, w), np.float32),
            heatmap_weight=np.ones((1, h, w), np.float32),
            box=np.zeros((4, h, w), np.float32),
            points=np.zeros((10, h, w), np.float32),
            region_weight=np.zeros((1, h, w), np.float32),
        )
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        points = np.asarray(points, np.float32).reshape(-1, 5, 2)
        ignore = np.zeros(len(boxes), bool) if ignore is None else np.asarray(ignore, bool)
        for box in boxes[ignore] / STRIDE:
            x0, y0, x1, y1 = np.clip(box + (0, 0, 1, 1), 0, (w, h, w, h)).astype(int)
            maps['heatmap_weight'][0, y0:y1, x0:x1] = 0
        # The smallest face last: it has the fewest cells, so it wins where faces overlap.
        sizes = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
        for index in np.argsort(-sizes, kind='stable'):
            if not ignore[index]:
                self._draw(maps, boxes[index], points[index])
        return maps

    def _draw(self, maps: dict[str, np.ndarray], box: np.ndarray, points: np.ndarray) -> None:
        """Enter one face whose center lies in the image; others are left out."""
        h, w = maps['heatmap'].shape[1:]
        center = ((box[:2] + box[2:]) / 2 + 0.5) / STRIDE
        column, row = np.floor(center).astype(int)
        if not (0 <= column < w and 0 <= row < h):
            return
        size = np.maximum(box[2:] - box[:2], 1)
        sigma = np.maximum(size * self.sigma_ratio / STRIDE, self.min_sigma)
        x, y = np.arange(w, dtype=np.float32) + 0.5, np.arange(h, dtype=np.float32) + 0.5
        gauss = np.exp(-(((x - center[0]) / sigma[0]) ** 2) / 2)[None]
        gauss = gauss * np.exp(-(((y - center[1]) / sigma[1]) ** 2) / 2)[:, None]
        region = gauss > self.region
        region[row, column] = True
        heatmap = np.minimum(gauss, self.NEIGHBOR_CAP)
        heatmap[row, column] = 1
        maps['heatmap'][0] = np.maximum(maps['heatmap'][0], heatmap)
        maps['heatmap_weight'][0][region] = 1
        rows, columns = np.nonzero(region)
        cells = cell_centers(rows, columns)
        distances = np.hstack([cells - box[:2], box[2:] - cells]) / STRIDE
        maps['box'][:, rows, columns] = np.log(np.maximum(distances, 0.1)).T
        offsets = (points[None] - cells[:, None]) / np.sqrt(np.prod(size))
        maps['points'][:, rows, columns] = offsets.reshape(len(rows), 10).T
        weight = np.maximum(gauss[rows, columns], 1e-3)
        maps['region_weight'][0, rows, columns] = weight / weight.sum()

    def decode(
        self, encoded: np.ndarray, min_score: float = 0.3, max_iou: float = 0.4
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Boxes (F, 4), scores (F,), points (F, 5, 2) from (15, h, w); see `decode_faces`."""
        return decode_faces(encoded, min_score, max_iou)
