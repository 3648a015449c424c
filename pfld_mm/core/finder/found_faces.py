from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FoundFaces:
    """The faces that a finder found in an image; F may be 0.

    Attributes:
        boxes: (F, 4) float32 x_min, y_min, x_max, y_max in image pixels, as tight as the box around
            the landmarks (brows to chin), since the landmark networks are trained on such.
        scores: (F,) float32 in [0, 1].
        roll: (F,) float32 degrees, the head's tilt in the image, positive = clockwise.
        points: (F, 5, 2) float32 pupils, nose tip, mouth corners, left in the upright face first;
            None where the finder gives none.
    """

    boxes: np.ndarray
    scores: np.ndarray
    roll: np.ndarray
    points: np.ndarray | None = None

    def __len__(self) -> int:
        """Number of faces."""
        return len(self.boxes)

    def __getitem__(self, index: np.ndarray) -> FoundFaces:
        """Some of the faces, by a mask (F,) or by indices, in their order."""
        points = None if self.points is None else self.points[index]
        return FoundFaces(self.boxes[index], self.scores[index], self.roll[index], points)

    @classmethod
    def of_boxes(cls, boxes: np.ndarray) -> FoundFaces:
        """Faces with roll 0 and score 1, for a finder that gives boxes alone.

        Args:
            boxes: (F, 4).
        """
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        return cls(boxes, np.ones(len(boxes), np.float32), np.zeros(len(boxes), np.float32))

    def largest_first(self) -> FoundFaces:
        """The same faces, the largest box first."""
        areas = np.prod(self.boxes[:, 2:] - self.boxes[:, :2], axis=1)
        return self[np.argsort(-areas, kind='stable')]

    def with_others(self, others: FoundFaces) -> FoundFaces:
        """These faces and those of ``others`` that are not parts of them, the largest first.

        A part has its center in the box of one of these faces and a lower score.
        """
        centers = (others.boxes[:, :2] + others.boxes[:, 2:]) / 2
        inside = (centers[:, None] >= self.boxes[:, :2]) & (centers[:, None] <= self.boxes[:, 2:])
        is_part = (inside.all(-1) & (others.scores[:, None] <= self.scores)).any(1)
        return self._joined(others[~is_part]).largest_first()

    def _joined(self, other: FoundFaces) -> FoundFaces:
        points = None
        if self.points is not None and other.points is not None:
            points = np.concatenate([self.points, other.points])
        pairs = zip(
            (self.boxes, self.scores, self.roll),
            (other.boxes, other.scores, other.roll),
            strict=True,
        )
        boxes, scores, roll = (np.concatenate(pair) for pair in pairs)
        return FoundFaces(boxes, scores, roll, points)
