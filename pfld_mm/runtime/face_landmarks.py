from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pfld_mm.core.head_pose import HeadPose


@dataclass(frozen=True)
class FaceLandmarks:
    """The landmarks of all faces of a picture; F may be 0.

    Attributes:
        points: (F, K, 2) float32, x and y in picture pixels, the center of pixel (0, 0) at (0, 0).
        boxes: (F, 4) float32, the boxes that were used, x_min, y_min, x_max, y_max.
        poses: F head poses, solved in the crop as in training, or None if not asked for.
        roll: (F,) float32 degrees, at which the faces were cut out; positive = clockwise.
        scores: (F,) float32 of the finder, None where the boxes were given.
    """

    points: np.ndarray
    boxes: np.ndarray
    poses: tuple[HeadPose, ...] | None = None
    roll: np.ndarray | None = None
    scores: np.ndarray | None = None

    def __len__(self) -> int:
        """Number of faces."""
        return len(self.points)
