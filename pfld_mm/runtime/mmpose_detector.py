from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.core.image import read_image

if TYPE_CHECKING:
    from pfld_mm.runtime.finder import Finder


class FoundInstances:
    """What mmpose reads of mmdet's ``pred_instances``: boxes, scores and labels as arrays."""

    def __init__(self, boxes: np.ndarray, scores: np.ndarray) -> None:
        self.bboxes = boxes
        self.scores = scores
        self.labels = np.zeros(len(boxes), np.int64)
        self.pred_instances = self

    def cpu(self) -> FoundInstances:
        """Itself: the arrays are on the CPU."""
        return self

    def numpy(self) -> FoundInstances:
        """Itself: the arrays are numpy's."""
        return self


class MMPoseDetector:
    """A finder of this package in the place of mmdet's detector in ``MMPoseInferencer``.

    ```python
    inferencer = MMPoseInferencer(pose2d=CONFIG, pose2d_weights=WEIGHTS, det_model='whole_image')
    MMPoseDetector(FaceFinder()).attach(inferencer)
    ```

    mmpose drops boxes with a score under ``bbox_thr`` (0.3) and takes the whole image where none is
    left.

    Args:
        finder: Called with a BGR image, gives boxes and scores.
    """

    def __init__(self, finder: Finder) -> None:
        self.finder = finder

    def __call__(self, image: Any, **unused: Any) -> dict[str, list[FoundInstances]]:
        """Find boxes in an image (a BGR array or a file), as mmdet's ``DetInferencer`` does."""
        if isinstance(image, str):
            image = read_image(image)
        found = self.finder(image)
        if isinstance(found, np.ndarray):
            found = FoundFaces.of_boxes(found)
        return {'predictions': [FoundInstances(found.boxes, found.scores)]}

    def attach(self, inferencer: Any) -> None:
        """Make a ``MMPoseInferencer`` or a ``Pose2DInferencer`` use this detector."""
        inferencer = getattr(inferencer, 'inferencer', inferencer)
        inferencer.detector, inferencer.det_cat_ids = self, (0,)
