from __future__ import annotations

from dataclasses import dataclass

from pfld_mm.runtime.face_landmarks import FaceLandmarks


@dataclass(frozen=True)
class TrackedFaces(FaceLandmarks):
    """The landmarks of a frame of a video.

    Attributes:
        ids: F numbers; a face keeps its number from frame to frame until it is lost.
    """

    ids: tuple[int, ...] = ()
