from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pfld_mm.core.boxes import jittered, landmark_boxes
from pfld_mm.core.face_markups import MARKUPS
from pfld_mm.runtime.face_landmarker import FaceLandmarker

SEARCHES = 3
"""How often a face is cut out anew around the points found in it."""

PLACE_SIGMA, SIZE_SIGMA = 0.03, 0.06
"""Errors of the crops that the teacher averages over, in sides of the box."""


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
        if len(numbers) != 1 or not numbers <= set(MARKUPS):
            raise ValueError(
                f'a teacher needs models of one mark-up, {sorted(MARKUPS)} points; found '
                f'models of {sorted(numbers)} points'
            )
        self.landmarkers = list(landmarkers)
        self.crops = crops
        self.markup = MARKUPS[numbers.pop()]

    def __call__(self, image: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Label the faces of one image.

        Args:
            image: (H, W, 3) uint8 BGR.
            boxes: (F, 4) x_min, y_min, x_max, y_max, roughly around the landmarks.

        Returns:
            Points (F, K, 2) in image pixels, and the spread (F,): the predictions' mean distance
            from their mean, divided by the distance of the outer corners of the eyes.
        """
        for _ in range(SEARCHES):
            boxes = landmark_boxes(self._predict(image, boxes))
        rng = np.random.default_rng(len(boxes))
        predictions = []
        for _ in range(self.crops):
            shift = rng.normal(0, PLACE_SIGMA, (len(boxes), 2))
            near = jittered(boxes, shift, 1 + rng.normal(0, SIZE_SIGMA, (len(boxes), 1)))
            predictions += [self._predict(image, near), self._predict_mirrored(image, near)]
        stack = np.stack(predictions)
        points = stack.mean(0)
        right, left = self.markup.outer_eye_corners
        eyes = np.linalg.norm(points[:, right] - points[:, left], axis=-1)
        return points, np.linalg.norm(stack - points, axis=-1).mean((0, 2)) / eyes

    def _predict(self, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        return np.mean([model(image, boxes).points for model in self.landmarkers], axis=0)

    def _predict_mirrored(self, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        last = image.shape[1] - 1
        mirrored = boxes.copy()
        mirrored[:, [0, 2]] = last - boxes[:, [2, 0]]
        points = self._predict(cv2.flip(image, 1), mirrored)[:, self.markup.flip_indices]
        points[..., 0] = last - points[..., 0]
        return points
