from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmpose.registry import DATASETS

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.core.face_markups import WFLW98
from pfld_mm.datasets.face.annotated_face import AnnotatedFace
from pfld_mm.datasets.face.face_dataset import FaceDataset
from pfld_mm.datasets.face.pseudo_labels import usable_labels

FRONTAL_RATIO = 0.6
"""Distance of the outer eye corners over the longer side of the box, of a frontal face."""


@DATASETS.register_module()
class PseudoLabelFace(FaceDataset):
    """98 points a face, predicted by a teacher, see `read_pseudo_labels`.

    Args:
        ann_files: One list or several, relative to ``data_root``.
        max_spread: Faces on which the teacher's predictions differ by more are left out.
        max_gap: So are faces whose labels contradict each other by more.
        repeat_turned: How often a face that is turned by about 45 degrees and more (its eye corners
            are nearer than 0.7 of a frontal face's) comes in an epoch: there are few of them.
        **kwargs: See ``FaceDataset``.
    """

    METAINFO: dict = WFLW98.mmpose_metainfo()

    def __init__(
        self,
        *,
        ann_files: str | Sequence[str],
        max_spread: float = 0.05,
        max_gap: float = 0.15,
        repeat_turned: int = 1,
        **kwargs: Any,
    ) -> None:
        self.ann_files = [ann_files] if isinstance(ann_files, str) else list(ann_files)
        self.max_spread = max_spread
        self.max_gap = max_gap
        self.repeat_turned = repeat_turned
        super().__init__(**kwargs)

    def load_faces(self) -> list[AnnotatedFace]:
        """Read the lists.

        Raises:
            FileNotFoundError: If a list is missing.
            ValueError: For a malformed line or no usable face.
        """
        labels = usable_labels(self.data_root or '', self.ann_files, self.max_spread, self.max_gap)
        return [
            AnnotatedFace(label.points.astype(np.float32), label.path, label.source)
            for label in labels
        ]

    def load_data_list(self) -> list[dict]:
        """The faces of the wanted part, those that are turned repeated."""
        infos = super().load_data_list()
        repeats = [self.repeat_turned if _is_turned(one['keypoints'][0]) else 1 for one in infos]
        return [info for info, n in zip(infos, repeats, strict=True) for _ in range(n)]


def _is_turned(points: np.ndarray) -> bool:
    right, left = WFLW98.outer_eye_corners
    box = landmark_boxes(points)
    side = (box[2:] - box[:2]).max()
    return bool(np.linalg.norm(points[right] - points[left]) < 0.7 * FRONTAL_RATIO * side)
