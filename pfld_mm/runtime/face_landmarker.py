from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import ArrayLike

from pfld_mm.core.boxes import checked_boxes, crop_squares, iou, landmark_boxes, plausible
from pfld_mm.core.crop import crop, crop_matrix
from pfld_mm.core.finder.decode import suppress
from pfld_mm.core.finder.face_geometry import (
    landmark_roll,
    turned,
    turned_deviations,
    upright_boxes,
)
from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.core.head_pose import crop_pose
from pfld_mm.core.image import as_bgr
from pfld_mm.core.network_input import network_input
from pfld_mm.runtime.backends.open_session import open_session
from pfld_mm.runtime.backends.session import run_in_batches
from pfld_mm.runtime.face_finder import FaceFinder, finder_min_score
from pfld_mm.runtime.face_landmarks import FaceLandmarks
from pfld_mm.runtime.finder import Finder
from pfld_mm.runtime.model_folder import ModelFolder
from pfld_mm.runtime.self_test import check_golden_pair

DEFAULT_MODEL = 'pfld_ghostone_98'
MAX_RELATIVE_SIGMA = 0.08
"""See ``relative_sigma``. Chosen on held-out images; finds in drawn puzzles have 0.13 and more."""
FITTING = 0.85
"""A found box that overlaps the box around its points by more (IoU) is good enough: on 464 held-out
faces, four of five of which have one, a second pass wins nothing there."""
SAME = 0.5
"""Detections whose points overlap by more (IoU of the boxes) are one face."""


class FaceLandmarker:
    """Finds the landmarks of faces: ``preprocess``, ``inference``, ``postprocess``.

    Threads may share one landmarker. A pickled one opens its model again. ::

        landmarks = FaceLandmarker()(cv2.imread('face.jpg'))
        landmarks.points  # (F, K, 2) in image pixels

    Args:
        folder: What the export tool wrote, its single ONNX file, or a shipped model's name.
        backend: ``'onnxruntime'``, ``'onnxruntime_int8'``, ``'openvino'``, ``'ncnn'``.
        threads: Of the backend; 0 leaves it the choice. More than 1 is rarely faster.
        finder: Finds the faces of images that come without boxes; `FaceFinder` by default.
        verify: Compare the files with their digests in the metadata.
        refine: Where the finder's box does not fit the points, find them again in their own box.

    Raises:
        FileNotFoundError: if the folder or a file of it is missing.
        ValueError: if a file is damaged, or the model is none for faces.
        ImportError: if the backend is not installed.
    """

    def __init__(
        self,
        folder: str | Path = DEFAULT_MODEL,
        backend: str = 'onnxruntime',
        threads: int = 1,
        finder: Finder | None = None,
        verify: bool = True,
        refine: bool = True,
    ) -> None:
        self.folder = ModelFolder.read(folder, verify)
        self.info = self.folder.info
        self.folder.check_task('face')
        self.backend = backend
        self.threads = threads
        self.session = open_session(self.folder, backend, threads)
        self.refine = refine
        self._finder = finder
        self._lock = Lock()

    def __reduce__(self) -> tuple:
        """For another process: the model is opened there again."""
        folder = self.folder
        opened = (str(folder.path), self.backend, self.threads)
        return type(self), (*opened, self._finder, folder.verify, self.refine)

    @property
    def finder(self) -> Finder:
        """What finds the faces; the default one is made when it is first needed."""
        with self._lock:
            if self._finder is None:
                self._finder = FaceFinder(min_score=finder_min_score(self.info))
            return self._finder

    @finder.setter
    def finder(self, finder: Finder | None) -> None:
        self._finder = finder

    def __call__(
        self,
        image: ArrayLike,
        boxes: ArrayLike | FoundFaces | None = None,
        pose: bool = False,
    ) -> FaceLandmarks:
        """Find the landmarks of all faces in one image.

        Args:
            image: See ``as_bgr``: BGR, gray or BGRA; uint8, uint16 or float in 0..1.
            boxes: (F, 4) x_min, y_min, x_max, y_max in pixels of upright faces, as tight as the box
                around the landmarks (brows to chin); or `FoundFaces`, whose tilt is known. None:
                the finder finds them, and faces with uncertain points are left out.
            pose: Whether to solve the head poses; only for 68 and 98 points.

        Raises:
            ValueError: if the image or a box is impossible; names the box.
        """
        image = as_bgr(image)
        if boxes is None:
            return self._of_found(image, self.find_faces(image), pose)
        given = boxes.boxes if isinstance(boxes, FoundFaces) else boxes
        roll, scores = (boxes.roll, boxes.scores) if isinstance(boxes, FoundFaces) else (None, None)
        checked = checked_boxes(given, image.shape)
        output = self.inference(self.preprocess(image, checked, roll))
        return replace(self.postprocess(output, checked, pose, roll), finder_scores=scores)

    def _of_found(self, image: np.ndarray, found: FoundFaces, pose: bool) -> FaceLandmarks:
        """Landmarks of the finder's faces, each face once, without those with uncertain points."""
        boxes, roll = checked_boxes(found.boxes, image.shape), found.roll.copy()
        output = self.inference(self.preprocess(image, boxes, roll))
        if self.refine:
            points = self.postprocess(output, boxes, roll=roll).points
            around = landmark_boxes(points)
            again = plausible(around, image.shape) & (np.diag(iou(around, boxes)) < FITTING)
            if again.any():
                boxes[again], roll[again] = around[again], landmark_roll(points)[again]
                output[again] = self.inference(self.preprocess(image, boxes[again], roll[again]))
        landmarks = self.postprocess(output, boxes, pose, roll)
        kept = np.zeros(len(landmarks), bool)
        kept[suppress(landmark_boxes(landmarks.points), found.scores, SAME)] = True
        unsure = landmarks.relative_sigma()
        if unsure is not None:
            kept &= unsure <= MAX_RELATIVE_SIGMA
        return replace(landmarks, finder_scores=found.scores).select(kept)

    def find_faces(self, image: ArrayLike) -> FoundFaces:
        """The faces that the finder finds, the largest first.

        What lies mostly outside the image or is smaller than 8 pixels is left out.
        """
        image = as_bgr(image)
        found = self.finder(image)
        if not isinstance(found, FoundFaces):
            found = FoundFaces.of_boxes(found)
        return found[plausible(found.boxes, image.shape)]

    def preprocess(
        self, image: np.ndarray, boxes: np.ndarray, roll: np.ndarray | None = None
    ) -> np.ndarray:
        """Cut the faces out, to the pixel as ``CropFace`` does it in training.

        Args:
            image: (H, W, 3) uint8 BGR.
            boxes: (F, 4) float32, see ``checked_boxes``.
            roll: (F,) degrees; the crops (F, 3, h, w) float32 show the faces upright.
        """
        size = self.info.input_size
        squares = zip(*self._squares(boxes, roll), strict=True)
        matrices = [crop_matrix(center, extent, angle, size) for center, extent, angle in squares]
        return network_input([crop(image, matrix, size) for matrix in matrices], self.info)

    def inference(self, tensor: np.ndarray) -> np.ndarray:
        """Run the model.

        Args:
            tensor: (F, 3, h, w) float32; F may be 0.

        Returns:
            (F, K, 2) float32, points divided by the crop's (w, h); (F, K, 4) with their standard
            deviations behind them, from models that give those.
        """
        count = self.info.num_keypoints
        if len(tensor) == 0:
            return np.zeros((0, count, 2), np.float32)
        output = run_in_batches(self.session, tensor)
        columns = output.size / (len(tensor) * count)
        if columns not in (2, 4):
            raise ValueError(
                f'{self.session.source}: expected {count} points a face as the metadata say, '
                f'found an output of shape {output.shape}; export the model again'
            )
        return output.reshape(-1, count, int(columns))

    def postprocess(
        self,
        output: np.ndarray,
        boxes: np.ndarray,
        pose: bool = False,
        roll: np.ndarray | None = None,
    ) -> FaceLandmarks:
        """Take the points back to the image.

        Args:
            output: (F, K, 2) or (F, K, 4), see ``inference``.
            boxes: (F, 4) float32, those that were cut out.
            pose: Whether to solve the head poses.
            roll: (F,) degrees, as given to ``preprocess``.
        """
        size = self.info.input_size
        centers, extents, angles = (
            np.asarray(part, np.float64)[:, None] for part in self._squares(boxes, roll)
        )
        relative, deviations = np.split(output.astype(np.float64), [2], axis=-1)
        points = (turned((relative - 0.5) * extents, angles) + centers).astype(np.float32)
        poses = None
        if pose:
            poses = tuple(
                crop_pose(one * size, size, float(angle))
                for one, angle in zip(output[..., :2], angles[:, 0], strict=True)
            )
        scores = sigmas = None
        if deviations.size:
            # mmpose's RegressionLabel.decode gives scores by the same rule
            scores = np.clip(1 - deviations.mean(-1), 0, 1).astype(np.float32)
            sigmas = turned_deviations(deviations * extents, angles).astype(np.float32)
        return FaceLandmarks(points, boxes, poses, scores, sigmas, roll)

    def _squares(
        self, boxes: np.ndarray, roll: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Centers (F, 2), extents (F, 2) and angles (F,) in degrees of what is cut out."""
        roll = np.zeros(len(boxes), np.float32) if roll is None else roll
        upright = upright_boxes(boxes, roll)
        return *crop_squares(upright, self.info.padding, self.info.input_size), roll

    def self_test(self, bound: float | None = None) -> float:
        """The largest difference in pixels from the golden pair, see `check_golden_pair`.

        Args:
            bound: Largest difference allowed, in pixels of the crop; None for the form's own.
        """
        golden = self.folder.golden()
        tensor = network_input([as_bgr(golden.image)], self.info)

        def in_pixels(output: np.ndarray) -> np.ndarray:
            return output.reshape(-1, 2) * self.info.input_size

        return check_golden_pair(golden, tensor, in_pixels, self.inference, self.backend, bound)
