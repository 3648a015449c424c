from __future__ import annotations

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from pfld_mm.core.finder.face_geometry import FLIPPED_POINTS, rotated_boxes
from pfld_mm.datasets.finder.face_scenes import warp


@TRANSFORMS.register_module()
class FinderCrop(BaseTransform):
    """Crop a finder's training input around a random face at a random scale and angle.

    Needs ``img``, ``boxes`` (F, 4), ``points`` (F, 5, 2), ``yaw`` and ``ignore`` (F,); changes
    them all. Faces whose center leaves the crop are dropped, too small ones become ``ignore``.

    Args:
        size: (w, h) of the crop in pixels.
        face_sizes: Range of the chosen face's longer side in the crop, drawn log-uniformly.
        min_face: Faces with a shorter longer side are ignored.
        max_zoom: The image is enlarged at most this many times.
        min_cover: The image's longer side, in sides of the crop, is not shrunk below this.
        angles: Pairs (degrees, probability); the angle is drawn uniformly up to +-degrees.
        anywhere_prob: How often a random place is chosen instead of a face.
    """

    def __init__(
        self,
        size: tuple[int, int] = (320, 320),
        face_sizes: tuple[float, float] = (14.0, 260.0),
        min_face: float = 10.0,
        max_zoom: float = 2.5,
        min_cover: float = 0.9,
        angles: tuple[tuple[float, float], ...] = ((12, 0.55), (45, 0.35), (100, 0.1)),
        anywhere_prob: float = 0.1,
    ) -> None:
        self.size = tuple(size)
        self.face_sizes = tuple(face_sizes)
        self.min_face = min_face
        self.max_zoom = max_zoom
        self.min_cover = min_cover
        self.angles = tuple(angles)
        self.anywhere_prob = anywhere_prob

    def transform(self, results: dict) -> dict:
        """Crop, from numpy's global random state."""
        image = results['img']
        usable = ~results['ignore']
        # A head in profile is chosen four times as often as a frontal one: there are few.
        weights = 1 + np.abs(results['yaw'][usable]).astype(np.float64) / 30
        matrix = self._matrix(image.shape[:2], results['boxes'][usable], weights)
        flip = np.random.rand() < 0.5
        if flip:
            matrix = np.array([[-1, 0, self.size[0] - 1], [0, 1, 0]]) @ np.vstack(
                [matrix, (0, 0, 1)]
            )
        fill = tuple(np.random.randint(0, 256, 3).tolist())
        results['img'] = warp(image, matrix, self.size, cv2.BORDER_CONSTANT, fill)
        points = results['points'] @ matrix[:, :2].T + matrix[:, 2]
        boxes = rotated_boxes(results['boxes'], matrix)
        centers = (boxes[:, :2] + boxes[:, 2:]) / 2
        inside = ((centers >= 0) & (centers < self.size)).all(axis=1) | results['ignore']
        small = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) < self.min_face
        results['boxes'] = boxes[inside].astype(np.float32)
        points = points[:, list(FLIPPED_POINTS)] if flip else points
        results['points'] = points[inside].astype(np.float32)
        results['ignore'] = (results['ignore'] | small)[inside]
        if 'attributes' in results:
            results['attributes'] = results['attributes'][inside]
        results['yaw'] = results['yaw'][inside] * (-1 if flip else 1)
        return results

    def _matrix(self, shape: tuple[int, int], boxes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """The affine map (2, 3) from the image to the crop, without the flip."""
        wanted = np.exp(np.random.uniform(*np.log(self.face_sizes)))
        if len(boxes) and np.random.rand() >= self.anywhere_prob:
            box = boxes[np.random.choice(len(boxes), p=weights / weights.sum())]
            center, longer = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]).max()
            zoom = wanted / longer
        else:
            center = np.random.uniform((0, 0), shape[::-1])
            zoom = np.random.uniform(0.4, 2) * max(self.size) / max(shape)
        min_zoom = self.min_cover * max(self.size) / max(shape)
        zoom = float(np.clip(zoom, min(min_zoom, self.max_zoom), self.max_zoom))
        degrees, probs = zip(*self.angles, strict=True)
        reach = np.random.choice(degrees, p=np.array(probs) / sum(probs))
        angle = float(np.random.uniform(-reach, reach))
        matrix = cv2.getRotationMatrix2D(center.tolist(), angle, zoom)
        # A face that fits into the crop may be anywhere in it; a larger one is near the middle.
        margin = np.clip(wanted / 2 / np.array(self.size), 0.05, 0.45)
        matrix[:, 2] += np.random.uniform(margin, 1 - margin) * self.size - center
        return matrix
