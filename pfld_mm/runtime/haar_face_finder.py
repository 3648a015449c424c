from __future__ import annotations

from pathlib import Path
from threading import Lock

import cv2
import numpy as np
from numpy.typing import ArrayLike

from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.core.image import as_bgr
from pfld_mm.core.opencv_path import opencv_path

# From Haar's square (side s, center c) to the landmark box: its center is c + SHIFT s, its width
# and height are s EXTENT. Medians over every second face of HELEN's training set (68 points) that
# the cascade found, 377 of 435; 143 of 169 faces of AFW give the same to 0.03. About the medians
# the robust standard deviation is 7 % of s in x, 4 % in y and 8 % in size, which is about the
# jitter that the models are trained with.
SHIFT = (0.0, 0.144)
EXTENT = (0.874, 0.842)

CASCADE = 'haarcascade_frontalface_alt2.xml'
"""Beside OpenCV's default frontal cascade, alt2 has 95 % of its hits (520 of 604 faces of HELEN and
AFW) and a quarter of its other finds (14 against 54)."""


class HaarFaceFinder:
    """Finds frontal faces with the cascade that OpenCV 4 brings along; no download, no network.

    It misses profiles and strong tilts, and finds a face where there is none now and then; for
    more, give YuNetFaceFinder its model file.

    Viola and Jones, "Rapid object detection using a boosted cascade of simple features", CVPR 2001.

    Args:
        min_side: Side of the smallest face, as a ratio of the image's shorter side.
        min_neighbors: Hits that must agree on a face; higher finds fewer and is wrong less often.
        max_side: Larger images are reduced to this for the search, in pixels.

    Raises:
        ImportError: if this OpenCV has no cascades.
    """

    def __init__(self, min_side: float = 0.1, min_neighbors: int = 4, max_side: int = 720) -> None:
        self.min_side = min_side
        self.min_neighbors = min_neighbors
        self.max_side = max_side
        self._cascade = _load(CASCADE)
        self._lock = Lock()  # the cascade keeps a state while it searches

    def __reduce__(self) -> tuple:
        """For another process: the cascade is loaded there again."""
        return type(self), (self.min_side, self.min_neighbors, self.max_side)

    def __call__(self, image: ArrayLike) -> FoundFaces:
        """The faces of an image (see ``as_bgr``), the largest first; their roll is given as 0."""
        image = as_bgr(image)
        height, width = image.shape[:2]
        factor = min(1.0, self.max_side / max(height, width))
        gray = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_BGR2GRAY)
        if factor < 1:
            size = (max(1, round(width * factor)), max(1, round(height * factor)))
            gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
        side = max(20, round(self.min_side * min(gray.shape)))  # the cascade's window has 20 pixels
        if min(gray.shape) < side:
            return FoundFaces.of_boxes(np.zeros((0, 4)))
        with self._lock:
            found = self._cascade.detectMultiScale(
                cv2.equalizeHist(gray), 1.1, self.min_neighbors, minSize=(side, side)
            )
        squares = np.asarray(found, np.float64).reshape(-1, 4)
        # the cascade's threads return equal ones in any order: then by place
        squares = squares[np.lexsort([squares[:, 0], squares[:, 1], -squares[:, 2]])]
        # each axis has its own factor: the reduced size was rounded
        squares = squares * np.tile([width / gray.shape[1], height / gray.shape[0]], 2)
        return FoundFaces.of_boxes(from_haar(squares))


def from_haar(squares: np.ndarray) -> np.ndarray:
    """Landmark boxes (F, 4) float32 of Haar's (F, 4) x, y, width, height."""
    centers = squares[:, :2] + squares[:, 2:] * (0.5 + np.array(SHIFT))
    half = squares[:, 2:] * np.array(EXTENT) / 2
    return np.hstack([centers - half, centers + half]).astype(np.float32)


def _load(name: str) -> cv2.CascadeClassifier:
    folder = getattr(getattr(cv2, 'data', None), 'haarcascades', None)
    file = Path(folder or '', name)
    if not hasattr(cv2, 'CascadeClassifier') or folder is None or not file.is_file():
        raise ImportError(
            f'OpenCV {cv2.__version__} has no Haar cascade (OpenCV 5 dropped it): pip install '
            '"opencv-python<5", or find faces with YuNetFaceFinder and its model file, or give '
            'the boxes'
        )
    cascade = cv2.CascadeClassifier(opencv_path(file))
    if cascade.empty():
        raise ImportError(f'{file}: OpenCV cannot read its own cascade; install OpenCV again')
    return cascade
