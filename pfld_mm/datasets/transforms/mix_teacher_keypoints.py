from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class MixTeacherKeypoints(BaseTransform):
    """Move the labels of a crop towards what teachers find in this very crop.

    Function matching: teacher and student see the same augmented image, so the student learns what
    the teachers compute, also on images that no label fits exactly (Beyer et al., "Knowledge
    distillation: A good teacher is patient and consistent", CVPR 2022). Every teacher looks at the
    crop and at its mirror image; the mean of all is mixed with the labels.

    It belongs behind every augmentation and before ``GenerateTarget``.

    Args:
        teachers: Objects, or their configs, with ``teacher(image, boxes).points``, as the runtime's
            ``FaceLandmarker``; their points are those of the labels.
        weight: Of the teachers in [0, 1]; the labels have the rest.
        padding: Of the crops (``GetBBoxCenterScale``): the teacher cuts out the same square.
    """

    def __init__(
        self, teachers: Sequence[dict | Any], weight: float = 0.5, padding: float = 1.2
    ) -> None:
        if not teachers or not 0 <= weight <= 1:
            raise ValueError(
                'MixTeacherKeypoints needs at least one teacher and a weight in [0, 1]; found '
                f'{len(teachers)} teachers and the weight {weight}'
            )
        self.teachers = [
            TRANSFORMS.build(teacher) if isinstance(teacher, dict) else teacher
            for teacher in teachers
        ]
        self.weight = weight
        self.padding = padding

    def transform(self, results: dict) -> dict:
        """Change ``transformed_keypoints`` (1, K, 2) in crop pixels.

        Needs ``img`` (h, w, 3) uint8 BGR and ``flip_indices``.

        Raises:
            ValueError: If a teacher has another number of points.
        """
        image, labels = results['img'], results['transformed_keypoints']
        last = image.shape[1] - 1
        mirrored = self._points(cv2.flip(image, 1), labels)[:, results['flip_indices']]
        mirrored[..., 0] = last - mirrored[..., 0]
        found = (self._points(image, labels) + mirrored) / 2
        mixed = (1 - self.weight) * labels + self.weight * found
        results['transformed_keypoints'] = mixed.astype(np.float32)
        return results

    def _points(self, image: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Mean of the teachers' points (1, K, 2)."""
        size = np.array(image.shape[1::-1])
        box = np.concatenate([size - size / self.padding, size + size / self.padding])[None] / 2
        points = [teacher(image, box).points for teacher in self.teachers]
        for found in points:
            if found.shape != labels.shape:
                raise ValueError(
                    f'a teacher gives {found.shape[1]} points, the labels have {labels.shape[1]}; '
                    'teachers need the mark-up of the dataset'
                )
        return np.mean(points, axis=0)
