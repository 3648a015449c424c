from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from pfld_mm.core.openness import OPENINGS_98, OpeningGroups, eye_openness
from pfld_mm.runtime.tracked_faces import TrackedFaces

MIN_SAMPLES = 5
"""Frames before a baseline is known; until then eyes count as open."""


@dataclass(frozen=True)
class Blink:
    """A blink that has ended.

    Attributes:
        start: Seconds, when the eyes closed.
        duration: Seconds until they opened again.
    """

    start: float
    duration: float


@dataclass(frozen=True)
class EyeState:
    """The eyes of one face in one frame.

    Attributes:
        id: The tracker's number of the face.
        openness: Mean of both eyes, see ``core.openness.eye_openness``.
        baseline: The open-eye level of this person.
        ratio: Openness over baseline: about 1 for open eyes, near 0 for shut ones.
        closed: Whether the eyes are shut.
        blink: The blink that ends in this frame, or None.
        blinks: How many have ended so far.
    """

    id: int
    openness: float
    baseline: float
    ratio: float
    closed: bool
    blink: Blink | None
    blinks: int


@dataclass
class _Eyes:
    levels: deque[tuple[float, float]] = field(default_factory=deque)
    closed_since: float | None = None
    blinks: int = 0


class BlinkDetector:
    """Counts the blinks of tracked faces.

    Openness differs from person to person, with glasses, and with the head's pose. So it is divided
    by the person's own open-eye level: a high quantile of the last seconds. Eyes close below
    ``close_ratio`` of it and open above ``open_ratio``; between both they stay as they were. ::

        tracker, detector = FaceTracker(FaceLandmarker()), BlinkDetector()
        for time, frame in Video('clip.mp4'):
            for eyes in detector(tracker(frame, time), time):
                print(eyes.id, eyes.ratio, eyes.blinks)

    Args:
        groups: Which points are the lids: `OPENINGS_98` or `OPENINGS_68`.
        close_ratio: Of the baseline, below which eyes are shut.
        open_ratio: Above which they are open again.
        window: Seconds that the baseline is taken from.
        quantile: Of the openness in the window, the baseline.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        groups: OpeningGroups = OPENINGS_98,
        close_ratio: float = 0.45,
        open_ratio: float = 0.65,
        window: float = 20.0,
        quantile: float = 0.8,
    ) -> None:
        if not 0 < close_ratio < open_ratio < 1:
            raise ValueError(
                'BlinkDetector: expected 0 < close_ratio < open_ratio < 1, found '
                f'{close_ratio} and {open_ratio}'
            )
        if not window > 0 or not 0 < quantile < 1:
            raise ValueError(
                'BlinkDetector: expected window > 0 and 0 < quantile < 1, found '
                f'{window} and {quantile}'
            )
        self.groups = groups
        self.close_ratio = close_ratio
        self.open_ratio = open_ratio
        self.window = window
        self.quantile = quantile
        self._eyes: dict[int, _Eyes] = {}

    def __call__(self, faces: TrackedFaces, time: float) -> tuple[EyeState, ...]:
        """The eyes of the faces of a frame, in their order.

        Args:
            faces: What a `FaceTracker` found in it.
            time: Of the frame in seconds.

        Raises:
            ValueError: If the points are not those of the mark-up.
        """
        self._forget(faces.ids, time)
        openness = eye_openness(faces.points, self.groups).mean(-1)
        return tuple(
            self._update(id_, float(value), time)
            for id_, value in zip(faces.ids, openness, strict=True)
        )

    def _forget(self, ids: tuple[int, ...], time: float) -> None:
        """Drop the faces that were not seen for a window; a tracker never gives an id again."""
        for id_, eyes in list(self._eyes.items()):
            last = eyes.levels[-1][0] if eyes.levels else -np.inf
            if id_ not in ids and time - last > self.window:
                del self._eyes[id_]

    def _update(self, id_: int, openness: float, time: float) -> EyeState:
        eyes = self._eyes.setdefault(id_, _Eyes())
        if np.isfinite(openness):
            eyes.levels.append((time, openness))
        while eyes.levels and time - eyes.levels[0][0] > self.window:
            eyes.levels.popleft()
        levels = [level for _, level in eyes.levels]
        baseline = float(np.quantile(levels, self.quantile)) if levels else float('nan')
        known = len(levels) >= MIN_SAMPLES and baseline > 0
        ratio = openness / baseline if known else 1.0
        blink = None
        if eyes.closed_since is None and ratio < self.close_ratio:
            eyes.closed_since = time
        elif eyes.closed_since is not None and ratio > self.open_ratio:
            blink = Blink(eyes.closed_since, time - eyes.closed_since)
            eyes.closed_since = None
            eyes.blinks += 1
        closed = eyes.closed_since is not None
        return EyeState(id_, openness, baseline, ratio, closed, blink, eyes.blinks)
