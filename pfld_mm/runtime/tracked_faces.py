from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pfld_mm.runtime.face import Face
from pfld_mm.runtime.face_landmarks import FaceLandmarks


@dataclass(frozen=True)
class TrackedFaces(FaceLandmarks):
    """The landmarks of a frame of a video.

    Attributes:
        ids: F numbers; a face keeps its number from frame to frame until it is lost.
    """

    ids: tuple[int, ...] = ()

    def _face(self, index: int) -> Face:
        return replace(super()._face(index), id=self.ids[index])

    def select(self, kept: np.ndarray) -> TrackedFaces:
        """The faces for which ``kept`` (F,) bool is True, or whose indices it holds."""
        ids = tuple(self.ids[i] for i in np.arange(len(self))[kept])
        return replace(super().select(kept), ids=ids)
