"""Tells faces from other image content by running the network twice.

A landmark network returns a face shape on any image, so the shape does not help: the residual
against the mean face after a similarity fit is as small on backgrounds as on faces. But on a face
the points stay where they are when the crop is moved or widened; elsewhere they move with it.
Measured with a weak 68-point model on 281 faces (boxes 5 % off) and 400 patches of photos: area
under the ROC curve 0.99 for this, 0.43 for the residual. `MAX_CROP_INCONSISTENCY` rejects 1 % of
the faces and 88 % of the patches.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.runtime.face_landmarks import FaceLandmarks

MAX_CROP_INCONSISTENCY = 0.085
MOVE = 0.1
WIDEN = 0.15


def crop_inconsistency(
    landmarker: Callable[[np.ndarray, FoundFaces], FaceLandmarks],
    image: np.ndarray,
    landmarks: FaceLandmarks,
) -> np.ndarray:
    """How far the points move when the crop is moved and when it is widened.

    Args:
        landmarker: A ``FaceLandmarker``; it runs on two further crops of each face.
        image: The image.
        landmarks: What it found there, F faces.

    Returns:
        (F,) the smaller of the two mean distances, divided by the size (root of the area) of the
        face; infinite where all points are the same.
    """
    if len(landmarks) == 0:
        return np.zeros(0)
    sides = landmarks.boxes[:, 2:] - landmarks.boxes[:, :2]
    moved = landmarks.boxes - MOVE * np.hstack([sides, sides])
    widened = landmarks.boxes + WIDEN * np.hstack([-sides, sides])
    roll = np.zeros(len(landmarks), np.float32) if landmarks.roll is None else landmarks.roll
    twice = FoundFaces(
        np.concatenate([moved, widened]), np.ones(2 * len(roll), np.float32), np.tile(roll, 2)
    )
    again = landmarker(image, twice).points
    distances = np.linalg.norm(again.reshape(2, *landmarks.points.shape) - landmarks.points, axis=3)
    boxes = landmark_boxes(landmarks.points)
    sizes = np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(1))
    with np.errstate(divide='ignore', invalid='ignore'):
        result = distances.mean(axis=2).min(axis=0) / sizes
    return np.where(sizes > 0, result, np.inf)
