from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pfld_mm.core.boxes import iou, landmark_boxes, plausible
from pfld_mm.core.finder.face_geometry import landmark_roll
from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.core.image import as_bgr
from pfld_mm.runtime.crop_consistency import MAX_CROP_INCONSISTENCY, crop_inconsistency
from pfld_mm.runtime.face import Face
from pfld_mm.runtime.face_landmarker import FaceLandmarker
from pfld_mm.runtime.one_euro import OneEuro
from pfld_mm.runtime.tracked_faces import TrackedFaces

JUMP = 0.3
"""Between frames the box of a face overlaps itself by more (intersection over union)."""
SAME = 0.5
"""Two boxes that iou by more are of one face."""


@dataclass
class _Track:
    """One face: its number, where it is expected, and what it was in the frame before."""

    id: int
    box: np.ndarray
    roll: float = 0.0
    face: Face | None = None
    filter: OneEuro | None = None


class FaceTracker:
    """Follows the faces of a video: the box of the next frame comes from the last points.

    So the finder, slower than the landmarks and blind for turned heads, runs only while no face is
    known, in the frame that loses one, and every ``find_every`` frames for newcomers. A face is
    lost when its points collapse, their center leaves the image, their box jumps, or when they
    are not steady (see ``crop_consistency``), which is tried on every newcomer and every
    ``check_every`` frames.

    Args:
        landmarker: Finds the points; its finder finds the faces.
        smooth: Makes the One-Euro filter of a new face, such as ``OneEuro`` itself; None for raw
            points. The filter measures speed in sizes of the face a second.
        find_every: Frames between two searches for newcomers.
        check_every: Frames between two checks whether a face still is one.
        max_inconsistency: Largest `crop_inconsistency` of a face; None never checks (for a model
            whose points move with the crop on faces, too).
    """

    def __init__(
        self,
        landmarker: FaceLandmarker,
        smooth: Callable[[], OneEuro] | None = None,
        find_every: int = 15,
        check_every: int = 5,
        max_inconsistency: float | None = MAX_CROP_INCONSISTENCY,
    ) -> None:
        if find_every < 1 or check_every < 1:
            raise ValueError(
                f'find_every and check_every must be 1 or more, found {find_every}, {check_every}'
            )
        self.landmarker = landmarker
        self.smooth = smooth
        self.find_every = find_every
        self.check_every = check_every
        self.max_inconsistency = max_inconsistency
        self._tracks: list[_Track] = []
        self._frame = 0
        self._next_id = 0

    def __call__(self, image: ArrayLike, time: float, pose: bool = False) -> TrackedFaces:
        """Find the faces of the next frame.

        Args:
            image: The frame, see ``as_bgr``.
            time: Of the frame in seconds; only smoothing uses it, and wants it to advance.
            pose: Whether to solve the head poses (from the points before smoothing).

        Raises:
            ValueError: if the image is impossible or, with smoothing, the time stands still.
        """
        image = as_bgr(image)
        due = self._frame % self.check_every == 0
        boxes = [track.box for track in self._tracks]
        tracks = self._follow(image, self._tracks, due, pose)
        if not tracks or len(tracks) < len(boxes) or self._frame % self.find_every == 0:
            tracks = tracks + self._follow(image, self._newcomers(image, tracks), True, pose)
        self._frame += 1
        self._tracks = _distinct(tracks)
        return self._result(time, pose)

    def _newcomers(self, image: np.ndarray, tracks: list[_Track]) -> list[_Track]:
        """Tracks for the faces that the finder sees and that are not followed yet."""
        found = self.landmarker.find_faces(image)
        if tracks:
            known = np.stack([track.box for track in tracks])
            found = found[iou(found.boxes, known).max(1) < JUMP]
        newcomers = []
        for box, roll in zip(found.boxes, found.roll.tolist(), strict=True):
            smooth = self.smooth and self.smooth()
            newcomers.append(_Track(self._next_id, box, roll, filter=smooth))
            self._next_id += 1
        return newcomers

    def _follow(
        self, image: np.ndarray, tracks: list[_Track], check: bool, pose: bool
    ) -> list[_Track]:
        """Move the tracks to this frame; those that are lost are left out."""
        # a frame may be smaller than the one before
        tracks = [t for t in tracks if plausible(t.box[None], image.shape)[0]]
        if not tracks:
            return []
        faces = FoundFaces(
            np.stack([track.box for track in tracks]),
            np.ones(len(tracks), np.float32),
            np.array([track.roll for track in tracks], np.float32),
        )
        landmarks = self.landmarker(image, faces, pose)
        boxes, roll = landmark_boxes(landmarks.points), landmark_roll(landmarks.points)
        good = plausible(boxes, image.shape)
        good &= iou(boxes, landmarks.boxes).diagonal() > JUMP
        if check and self.max_inconsistency is not None:
            good &= crop_inconsistency(self.landmarker, image, landmarks) <= self.max_inconsistency
        for index, track in enumerate(tracks):
            track.box, track.face = boxes[index], landmarks[index]
            track.roll = float(roll[index])
        return [track for track, is_good in zip(tracks, good, strict=True) if is_good]

    def _result(self, time: float, pose: bool) -> TrackedFaces:
        tracks = self._tracks
        faces = [track.face for track in tracks if track.face is not None]
        k = self.landmarker.info.num_keypoints
        points = np.zeros((len(tracks), k, 2), np.float32)
        for index, track in enumerate(tracks):
            points[index] = faces[index].points
            if track.filter is not None:
                size = float(np.sqrt((track.box[2:] - track.box[:2]).prod()))
                points[index] = track.filter(faces[index].points, time, size)
        tells = bool(faces) and faces[0].scores is not None
        return TrackedFaces(
            points,
            np.array([track.box for track in tracks], np.float32).reshape(-1, 4),
            tuple(face.pose for face in faces if face.pose is not None) if pose else None,
            np.stack([face.scores for face in faces if face.scores is not None]) if tells else None,
            np.stack([face.sigmas for face in faces if face.sigmas is not None]) if tells else None,
            np.array([track.roll for track in tracks], np.float32),
            ids=tuple(track.id for track in tracks),
        )


def _distinct(tracks: list[_Track]) -> list[_Track]:
    """Without those that have run into an older one."""
    kept: list[_Track] = []
    for track in sorted(tracks, key=lambda t: t.id):
        others = np.array([other.box for other in kept], np.float32).reshape(-1, 4)
        if not (iou(track.box[None], others) > SAME).any():
            kept.append(track)
    return kept
