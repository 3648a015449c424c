from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.core.face_model import FLIP_INDICES
from pfld_mm.runtime.face_landmarker import FaceLandmarker

SEARCHES = 3
"""How often a face is cut out anew around the points found in it."""

OUTER_CORNERS = {98: (60, 72), 68: (36, 45)}
"""Of the eyes, by the number of points."""

PLACE_SIGMA, SIZE_SIGMA = 0.03, 0.06
"""Of the crops that the teacher averages over, as shares of the box."""


class Teacher:
    """Labels faces with the mean of many predictions, and says how sure it is.

    Every model looks at ``crops`` slightly different crops of a face and at their mirror images.

    Args:
        landmarkers: Exported models with the same mark-up of 68 or 98 points.
        crops: Crops a model looks at; it makes 2 x ``crops`` predictions.

    Raises:
        ValueError: If there is no model, or their mark-ups differ.
    """

    def __init__(self, landmarkers: Sequence[FaceLandmarker], crops: int = 5) -> None:
        numbers = {landmarker.info.num_keypoints for landmarker in landmarkers}
        if len(numbers) != 1 or not numbers <= set(FLIP_INDICES):
            raise ValueError(
                f'a teacher needs models of one mark-up, {sorted(FLIP_INDICES)} points; found '
                f'models of {sorted(numbers)} points'
            )
        self.landmarkers = list(landmarkers)
        self.crops = crops
        self.flip = FLIP_INDICES[numbers.pop()]

    def __call__(self, image: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Label the faces of one picture.

        Args:
            image: (H, W, 3) uint8 BGR.
            boxes: (F, 4) x_min, y_min, x_max, y_max, roughly around the landmarks.

        Returns:
            Points (F, K, 2) in picture pixels, and the spread (F,): the predictions' mean distance
            from their mean, divided by the distance of the outer corners of the eyes.
        """
        for _ in range(SEARCHES):
            boxes = landmark_boxes(self._predict(image, boxes))
        rng = np.random.default_rng(len(boxes))
        predictions = []
        for _ in range(self.crops):
            jittered = _jitter(boxes, rng)
            predictions += [self._predict(image, jittered), self._predict_mirrored(image, jittered)]
        stack = np.stack(predictions)
        points = stack.mean(0)
        right, left = OUTER_CORNERS[points.shape[1]]
        eyes = np.linalg.norm(points[:, right] - points[:, left], axis=-1)
        return points, np.linalg.norm(stack - points, axis=-1).mean((0, 2)) / eyes

    def _predict(self, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        return np.mean([model(image, boxes).points for model in self.landmarkers], axis=0)

    def _predict_mirrored(self, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        last = image.shape[1] - 1
        mirrored = boxes.copy()
        mirrored[:, [0, 2]] = last - boxes[:, [2, 0]]
        points = self._predict(cv2.flip(image, 1), mirrored)[:, self.flip]
        points[..., 0] = last - points[..., 0]
        return points


def _jitter(boxes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    low, high = boxes[:, :2], boxes[:, 2:]
    side = high - low
    center = (low + high) / 2 + rng.normal(0, PLACE_SIGMA, low.shape) * side
    half = side / 2 * (1 + rng.normal(0, SIZE_SIGMA, (len(boxes), 1)))
    return np.concatenate([center - half, center + half], axis=1)
