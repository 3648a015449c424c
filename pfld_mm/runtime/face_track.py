from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pfld_mm.runtime.face import Face
from pfld_mm.runtime.one_euro import OneEuro

DAMPING = 0.5
"""Weight of the newest step in the velocity."""


@dataclass
class FaceTrack:
    """One face of a video: its number, where it was seen last, and how it moves.

    Attributes:
        id: Its number.
        box: (4,) float32, where it was seen last, or where the finder found it.
        roll: Degrees, the head's tilt there.
        filter: Smooths its points, or None.
        face: What was seen last, None before the first time.
        velocity: (2,) of the box's center, pixels a frame.
        missed: Frames since it was seen.
        surprise: How far from the expected center it was seen, in sizes of the face.
    """

    id: int
    box: np.ndarray
    roll: float = 0.0
    filter: OneEuro | None = None
    face: Face | None = None
    velocity: np.ndarray = field(default_factory=lambda: np.zeros(2, np.float32))
    missed: int = 0
    surprise: float = 0.0

    @property
    def size(self) -> float:
        """The root of the box's area, pixels."""
        return float(np.sqrt(np.prod(self.box[2:] - self.box[:2])))

    @property
    def expected(self) -> np.ndarray:
        """(4,) float32, the box in the next frame, if the velocity stays."""
        return (self.box + np.tile(self.velocity * (self.missed + 1), 2)).astype(np.float32)

    def see(self, face: Face, box: np.ndarray, roll: float) -> None:
        """Note what the next frame shows of it."""
        self.surprise = self.distance_to(box)
        if self.face is not None:
            step = (center(box) - center(self.box)) / (self.missed + 1)
            self.velocity = DAMPING * step + (1 - DAMPING) * self.velocity
        self.face, self.box, self.roll, self.missed = face, box, roll, 0

    def distance_to(self, box: np.ndarray) -> float:
        """From the expected center to a box's center, in sizes of the face."""
        return float(np.linalg.norm(center(box) - center(self.expected))) / max(self.size, 1e-6)


def center(box: np.ndarray) -> np.ndarray:
    """(2,) of a box (4,)."""
    return (box[:2] + box[2:]) / 2
