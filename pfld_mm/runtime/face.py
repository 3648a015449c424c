from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pfld_mm.core.head_pose import HeadPose
from pfld_mm.core.plain import rounded


@dataclass(frozen=True)
class Face:
    """One face of an image.

    Attributes:
        points: (K, 2) float32, x and y in image pixels, pixel centers are integers.
        box: (4,) float32, x_min, y_min, x_max, y_max.
        pose: Of the head, or None.
        scores: (K,) float32 in 0..1, or None.
        sigmas: (K, 2) float32, standard deviations in image pixels, or None.
        id: Number of the face in a video, or None.
    """

    points: np.ndarray
    box: np.ndarray
    pose: HeadPose | None = None
    scores: np.ndarray | None = None
    sigmas: np.ndarray | None = None
    id: int | None = None

    @property
    def score(self) -> float | None:
        """Confidence of the model in the face, 0..1: the mean score of its points."""
        return None if self.scores is None else float(self.scores.mean())

    def to_dict(self) -> dict[str, Any]:
        """Plain Python for JSON: pixels with two decimals, scores and radians with four."""
        plain: dict[str, Any] = {'box': rounded(self.box), 'points': rounded(self.points)}
        if self.scores is not None:
            plain.update(score=rounded(self.score, 4), scores=rounded(self.scores, 4))
        if self.sigmas is not None:
            plain['sigmas'] = rounded(self.sigmas)
        if self.pose is not None:
            angles = ('yaw', 'pitch', 'roll')
            plain.update({angle: rounded(getattr(self.pose, angle), 4) for angle in angles})
        if self.id is not None:
            plain['id'] = self.id
        return plain
