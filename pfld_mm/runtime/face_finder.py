from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from pfld_mm.core.finder.decode import decode_faces, suppress
from pfld_mm.core.finder.face_geometry import face_roll
from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.core.finder.search_windows import SearchWindow, search_windows
from pfld_mm.core.image import as_bgr
from pfld_mm.core.model_info import ModelInfo
from pfld_mm.runtime.backends.open_session import open_session
from pfld_mm.runtime.model_folder import ModelFolder
from pfld_mm.runtime.self_test import check_golden_pair

DEFAULT_MODEL = 'face_finder'
DEFAULT_MAX_SIDE = 640
UNSURE_MIN_SCORE = 0.3
"""Lowest score if the landmarks sort out false finds afterwards."""
CLOSE_UP_SIDE = 320
"""Longer side in pixels at which an image is searched for close-ups: the network was trained with
inputs of 320 pixels, so a face that fills a larger input is larger than most training faces."""
CLOSE_UP_RATIO = 0.4
"""Smallest longer side of a close-up's box, in longer sides of the image."""


class FaceFinder:
    """Finds faces of any yaw and tilt with the small network that comes with the package.

    Threads can share an object: a call does not change it.

    Args:
        folder: Of an exported finder, its ONNX file, or the name of one that comes with the
            package.
        max_side: The image is searched at this size of its longer side, in pixels; more finds
            smaller faces and takes longer, with its square.
        min_face: Longer side in image pixels of the smallest face that is wanted. Smaller ones are
            left out; where ``max_side`` is too coarse for it, the image is searched in tiles, too.
            None: whatever is found at ``max_side``, from about 14 pixels of the searched size.
        min_score: Of a face, in [0, 1]; None takes the model's own, at which it was measured.
        threads: Of the backend; 0 leaves the number to it.
        backend: ``'onnxruntime'``, or another one that takes inputs of any size.
        verify: Compare the files with their digests in the metadata.

    Raises:
        FileNotFoundError: If the folder or a file of it is missing.
        ValueError: If an argument is impossible, a file damaged, or the model is no face finder.

    Example:
        >>> faces = FaceFinder()(cv2.imread('photo.jpg'))
        >>> faces.boxes, faces.scores, faces.roll
    """

    def __init__(
        self,
        folder: str | Path = DEFAULT_MODEL,
        max_side: int = DEFAULT_MAX_SIDE,
        min_face: float | None = None,
        min_score: float | None = None,
        threads: int = 1,
        backend: str = 'onnxruntime',
        verify: bool = True,
    ) -> None:
        if not 32 <= max_side < math.inf:  # also for NaN
            raise ValueError(f'max_side must be at least 32 pixels, found {max_side}')
        if min_face is not None and not 0 < min_face < math.inf:
            raise ValueError(f'min_face must be positive, found {min_face}')
        if min_score is not None and not 0 < min_score < 1:
            raise ValueError(f'min_score must lie between 0 and 1, found {min_score}')
        self.folder = ModelFolder.read(folder, verify)
        self.info = self.folder.info
        self.folder.check_task('finder')
        self._thresholds = self.info.thresholds or {}
        self.backend, self.threads = backend, threads
        self.max_side = max_side
        self.min_face = min_face
        self.min_score = self._thresholds['min_score'] if min_score is None else min_score
        self.session = open_session(self.folder, backend, threads)

    def __reduce__(self) -> tuple:
        """For another process: the model is opened there again."""
        path, limits = str(self.folder.path), (self.max_side, self.min_face, self.min_score)
        return type(self), (path, *limits, self.threads, self.backend, self.folder.verify)

    def __call__(self, image: ArrayLike) -> FoundFaces:
        """Find the faces of an image, the largest first.

        Args:
            image: See ``as_bgr``.

        Raises:
            ValueError: If the image is impossible.
        """
        image = as_bgr(image)
        faces = self._find(image, self.max_side)
        if min(self.max_side, max(image.shape)) > CLOSE_UP_SIDE:
            close_ups = self._find(image, CLOSE_UP_SIDE)
            sides = (close_ups.boxes[:, 2:] - close_ups.boxes[:, :2]).max(axis=1)
            close_ups = close_ups[sides > CLOSE_UP_RATIO * max(image.shape)]
            faces = close_ups.with_others(faces)
        return faces

    def _find(self, image: np.ndarray, max_side: int) -> FoundFaces:
        windows = search_windows(image.shape, max_side, self.min_face)
        parts = [self._search(image, window) for window in windows]
        boxes, scores, points = (np.concatenate(part) for part in zip(*parts, strict=True))
        faces = FoundFaces(boxes, scores, face_roll(points).astype(np.float32), points)
        if len(windows) > 1:
            faces = faces[suppress(boxes, scores, self._thresholds['max_iou'])]
        if self.min_face is not None:
            faces = faces[(faces.boxes[:, 2:] - faces.boxes[:, :2]).max(axis=1) >= self.min_face]
        return faces.largest_first()

    def _search(self, image: np.ndarray, window: SearchWindow) -> tuple[np.ndarray, ...]:
        """Boxes (F, 4), scores (F,) and points (F, 5, 2) of a window, in image pixels."""
        output = self.session(window.input(image))[0]
        boxes, scores, points = decode_faces(output, self.min_score, self._thresholds['max_iou'])
        boxes = window.to_image(boxes.reshape(-1, 2, 2)).reshape(-1, 4)
        kept = window.whole(boxes, image.shape)
        return boxes[kept], scores[kept], window.to_image(points)[kept]

    def self_test(self, bound: float | None = None) -> float:
        """Prove this installation with the folder's golden pair.

        Args:
            bound: Largest difference allowed, in input pixels; by default 0.05.

        Returns:
            The largest difference of the faces' boxes and points in input pixels.

        Raises:
            RuntimeError: If the input or the faces differ.
            FileNotFoundError: If the folder has no golden pair.
            ValueError: If the golden pair is damaged or of another model.
        """
        golden = self.folder.golden()
        (window,) = search_windows(golden.image.shape, max(golden.image.shape))
        return check_golden_pair(
            golden, window.input(golden.image), self._in_pixels, self.session, self.backend, bound
        )

    def _in_pixels(self, output: np.ndarray) -> np.ndarray:
        """Boxes and points of the faces in an output, at the model's own threshold."""
        boxes, _, points = decode_faces(
            output[0], self._thresholds['min_score'], self._thresholds['max_iou']
        )
        return np.concatenate([boxes.reshape(-1, 2), points.reshape(-1, 2)])


def finder_min_score(info: ModelInfo) -> float | None:
    """Lowest score for the `FaceFinder` of a landmark model: low if its points sort out false
    finds.
    """
    tells = info.output.get('shape', [2])[-1] == 4
    return UNSURE_MIN_SCORE if tells else None
