from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class AnnotatedFace:
    """One face as an annotation file describes it.

    Attributes:
        points: (K, 2) float32, pixels, the center of the first pixel is (0, 0).
        image: path of the image.
        source: where this face is annotated, ``file:line``, for messages.
        box: (4,) float32 x_min, y_min, x_max, y_max, or None where the mark-up has none.
        attributes: (6,) float32, 0 or 1: pose, expression, illumination, make-up, occlusion,
            blur; zeros where the mark-up has none.
        weights: (K,) float32, how much each point counts, 0 for a point that is not marked;
            ones by default.
    """

    points: np.ndarray
    image: str
    source: str
    box: np.ndarray | None = None
    attributes: np.ndarray = field(default_factory=lambda: np.zeros(6, np.float32))
    weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.weights is None:
            self.weights = np.ones(len(self.points), np.float32)
