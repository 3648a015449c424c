from __future__ import annotations

from pathlib import Path
from threading import Lock

import cv2
import numpy as np
from numpy.typing import ArrayLike

from pfld_mm.core.finder.face_geometry import face_roll
from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.core.image import as_bgr
from pfld_mm.core.opencv_path import opencv_path

FOREHEAD = 0.24
"""Ratio of YuNet's box that is above the brows, measured on 128 faces of WFLW."""


class YuNetFaceFinder:
    """Finds faces, turned and tilted ones too, with YuNet in OpenCV.

    The user gets the file, ``face_detection_yunet_*.onnx``, from OpenCV's model zoo (MIT licence).
    YuNet's box includes the forehead, which is cut off here on the side where the five points say
    that it is.

    Wu et al., "YuNet: a tiny millisecond-level face detector", Machine Intelligence Research 2023.

    Args:
        file: The model.
        score: Lowest score of a face.
        max_side: Larger images are reduced to this for the search, in pixels.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if OpenCV cannot load it.
    """

    def __init__(self, file: str | Path, score: float = 0.7, max_side: int = 720) -> None:
        if not Path(file).is_file():
            raise FileNotFoundError(
                f"{file}: no such file; get face_detection_yunet_2023mar.onnx from OpenCV's model "
                'zoo (github.com/opencv/opencv_zoo)'
            )
        self.file, self.score, self.max_side = file, score, max_side
        self._lock = Lock()  # the detector keeps the size of the image
        try:
            self._detector = cv2.FaceDetectorYN.create(opencv_path(file), '', (320, 320), score)
        except (cv2.error, AttributeError) as error:
            raise ValueError(
                f'{file}: OpenCV {cv2.__version__} cannot load it as YuNet ({error})'
            ) from error

    def __reduce__(self) -> tuple:
        """For another process: the file is loaded there again."""
        return type(self), (self.file, self.score, self.max_side)

    def __call__(self, image: ArrayLike) -> FoundFaces:
        """The faces of an image (see ``as_bgr``), the largest first."""
        image = as_bgr(image)
        height, width = image.shape[:2]
        factor = min(1.0, self.max_side / max(height, width))
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        small = np.ascontiguousarray(image)
        if factor < 1:
            small = cv2.resize(small, size, interpolation=cv2.INTER_AREA)
        with self._lock:
            self._detector.setInputSize(size)
            rows = self._detector.detect(small)[1]
        rows = np.zeros((0, 15), np.float32) if rows is None else rows
        scale = np.array([width / size[0], height / size[1]], np.float32)
        points = rows[:, 4:14].reshape(-1, 5, 2) * scale
        boxes = np.hstack([rows[:, :2], rows[:, :2] + rows[:, 2:4]]) * np.tile(scale, 2)
        roll = face_roll(points).astype(np.float32)
        return FoundFaces(without_forehead(boxes, roll), rows[:, 14], roll, points).largest_first()


def without_forehead(boxes: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """YuNet's boxes, cut to the box around the landmarks.

    Args:
        boxes: (F, 4) x_min, y_min, x_max, y_max.
        roll: (F,) degrees, which side of a box the forehead is on.

    Returns:
        (F, 4) float32.
    """
    angle = np.deg2rad(roll)
    up = np.stack([np.sin(angle), -np.cos(angle)], axis=1)
    cut = FOREHEAD * np.abs(up) * (boxes[:, 2:] - boxes[:, :2])
    low = boxes[:, :2] + np.where(up < 0, cut, 0)
    high = boxes[:, 2:] - np.where(up > 0, cut, 0)
    return np.hstack([low, high]).astype(np.float32)
