from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from pfld_mm.core.boxes import iou, landmark_boxes, plausible
from pfld_mm.core.finder.face_geometry import landmark_roll
from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.core.image import as_bgr
from pfld_mm.runtime.crop_consistency import MAX_CROP_INCONSISTENCY, crop_inconsistency
from pfld_mm.runtime.face_landmarker import MAX_RELATIVE_SIGMA, FaceLandmarker
from pfld_mm.runtime.face_landmarks import FaceLandmarks
from pfld_mm.runtime.face_track import FaceTrack
from pfld_mm.runtime.one_euro import OneEuro
from pfld_mm.runtime.tracked_faces import TrackedFaces

JUMP = 0.3
"""Smallest IoU of the boxes of a face in two successive frames."""
SAME = 0.5
"""Two boxes with a larger IoU are of one face."""
STILL = 0.75
"""If the IoU of a box and its crop's box is smaller, the face has moved: its points are found
again."""
MORE_PASSES = 2
"""How often this is repeated at most."""
REACH = 1.0
"""A lost face is searched for within so many of its sizes around its expected position."""


class FaceTracker:
    """Follows the faces of a video: the box of the next frame comes from the last points.

    So the finder runs only while no face is known, while one is missed, and every ``find_every``
    frames for newcomers. A track expects its face to move on at its velocity. Where the face has
    moved otherwise, its points are found again in the box of the first ones. A face counts as
    missed when its points jump out of that box, collapse or leave the image, when another face's
    track is in its place, or when the points are uncertain (models without standard
    deviations: when the points move with the crop, tried on newcomers and every ``check_every``
    frames, see ``crop_consistency``). A face that comes back within ``memory`` frames near the
    place where it is expected keeps its number. A tracker is for one video and one thread.

    Args:
        landmarker: Finds the points; its finder finds the faces.
        smooth: Makes the One-Euro filter of a new face, such as ``OneEuro`` itself; None for raw
            points. The filter measures speed in sizes of the face a second.
        find_every: Frames between two searches for newcomers.
        check_every: Frames between two checks whether a face still is one.
        max_inconsistency: Largest `crop_inconsistency` of a face; None never checks (for a model
            whose points move with the crop on faces, too).
        max_sigma: Largest ``relative_sigma`` of a face, see `FaceLandmarks`; None never checks.
        memory: Frames after which a missed face is forgotten.
    """

    def __init__(
        self,
        landmarker: FaceLandmarker,
        smooth: Callable[[], OneEuro] | None = None,
        find_every: int = 15,
        check_every: int = 5,
        max_inconsistency: float | None = MAX_CROP_INCONSISTENCY,
        max_sigma: float | None = MAX_RELATIVE_SIGMA,
        memory: int = 15,
    ) -> None:
        if find_every < 1 or check_every < 1 or memory < 0:
            raise ValueError(
                'find_every and check_every must be 1 or more, memory 0 or more, found '
                f'{find_every}, {check_every}, {memory}'
            )
        self.landmarker = landmarker
        self.smooth = smooth
        self.find_every = find_every
        self.check_every = check_every
        self.max_inconsistency = max_inconsistency
        self.max_sigma = max_sigma
        self.memory = memory
        self._tracks: list[FaceTrack] = []
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
        is_due = self._frame % self.check_every == 0
        followed = [track for track in self._tracks if not track.missed]
        seen = _distinct(self._follow(image, followed, is_due, pose))
        missed = [track for track in self._tracks if track not in seen]
        if not seen or missed or self._frame % self.find_every == 0:
            found = self._found(image, seen, missed)
            seen = _distinct(seen + self._follow(image, found, True, pose))
        for track in missed:
            if track not in seen:
                track.missed += 1
        self._frame += 1
        coasting = [track for track in missed if 0 < track.missed <= self.memory]
        self._tracks = sorted([*seen, *coasting], key=lambda track: track.id)
        return self._result(sorted(seen, key=lambda track: track.id), time, pose)

    def _found(
        self, image: np.ndarray, seen: list[FaceTrack], missed: list[FaceTrack]
    ) -> list[FaceTrack]:
        """Tracks for the finder's faces that are not seen yet: missed ones nearby, else new."""
        found = self.landmarker.find_faces(image)
        if seen:
            known = np.stack([track.box for track in seen])
            found = found[iou(found.boxes, known).max(1) < JUMP]
        waiting, tracks = list(missed), []
        for box, roll in zip(found.boxes, found.roll.tolist(), strict=True):
            near = [track for track in waiting if track.distance_to(box) < REACH]
            if near:
                track = min(near, key=lambda track: track.distance_to(box))
                waiting.remove(track)
                track.velocity = np.zeros(2, np.float32)
                track.box, track.roll = box, roll
            else:
                track = FaceTrack(self._next_id, box, roll, self.smooth and self.smooth())
                self._next_id += 1
            tracks.append(track)
        return tracks

    def _follow(
        self, image: np.ndarray, tracks: list[FaceTrack], check: bool, pose: bool
    ) -> list[FaceTrack]:
        """Move the tracks to this frame; those that are not seen in it are left out."""
        # a frame may be smaller than the one before
        tracks = [t for t in tracks if plausible(t.expected[None], image.shape)[0]]
        if not tracks:
            return []
        expected = np.stack([track.expected for track in tracks])
        roll = np.array([track.roll for track in tracks], np.float32)
        landmarks, good = self._points(image, expected, roll, pose)
        boxes = landmark_boxes(landmarks.points)
        for _ in range(MORE_PASSES):
            if not (good & (iou(boxes, landmarks.boxes).diagonal() < STILL)).any():
                break
            around = np.where(good[:, None], boxes, expected)
            roll = landmark_roll(landmarks.points)
            landmarks, is_good = self._points(image, around, roll, pose)
            boxes, good = landmark_boxes(landmarks.points), good & is_good
        good &= self._are_faces(image, landmarks, check)
        roll = landmark_roll(landmarks.points)
        for index in np.flatnonzero(good):
            tracks[index].see(landmarks[index], boxes[index], float(roll[index]))
        return [track for track, is_good in zip(tracks, good, strict=True) if is_good]

    def _points(
        self, image: np.ndarray, boxes: np.ndarray, roll: np.ndarray, pose: bool
    ) -> tuple[FaceLandmarks, np.ndarray]:
        """The points in the boxes (F, 4), and (F,) bool where they stay there."""
        faces = FoundFaces(boxes, np.ones(len(boxes), np.float32), roll.astype(np.float32))
        landmarks = self.landmarker(image, faces, pose)
        found = landmark_boxes(landmarks.points)
        return landmarks, plausible(found, image.shape) & (iou(found, boxes).diagonal() > JUMP)

    def _are_faces(self, image: np.ndarray, landmarks: FaceLandmarks, check: bool) -> np.ndarray:
        """(F,) bool, by the points' own standard deviations, else by `crop_inconsistency`."""
        sigma = landmarks.relative_sigma()
        if sigma is not None:
            return np.ones(len(sigma), bool) if self.max_sigma is None else sigma <= self.max_sigma
        if not check or self.max_inconsistency is None:
            return np.ones(len(landmarks), bool)
        return crop_inconsistency(self.landmarker, image, landmarks) <= self.max_inconsistency

    def _result(self, tracks: list[FaceTrack], time: float, pose: bool) -> TrackedFaces:
        faces = [track.face for track in tracks if track.face is not None]
        k = self.landmarker.info.num_keypoints
        points = np.zeros((len(tracks), k, 2), np.float32)
        for index, track in enumerate(tracks):
            points[index] = faces[index].points
            if track.filter is not None:
                points[index] = track.filter(faces[index].points, time, track.size)
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


def _distinct(tracks: list[FaceTrack]) -> list[FaceTrack]:
    """Without tracks that ran into another face: the face keeps the track that moved as
    expected.
    """
    kept: list[FaceTrack] = []
    for track in sorted(tracks, key=lambda t: (round(t.surprise, 2), t.id)):
        others = np.array([other.box for other in kept], np.float32).reshape(-1, 4)
        if not (iou(track.box[None], others) > SAME).any():
            kept.append(track)
    return kept
