from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from pfld_mm.core.opencv_path import opencv_path

MAX_RATE = 120.0
"""Frames a second; containers of variable rate may name their clock's instead."""
MAX_PAUSE = 60.0
"""Seconds that a frame is shown at most."""


class VideoFile:
    """Writes frames to a video of a constant rate, each shown until the next one's time.

    Args:
        path: .mp4 or .avi; its folder is made.
        rate: Frames a second, at most `MAX_RATE`.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self.path = path
        self.rate = min(rate, MAX_RATE)
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._count = 0
        self._start = 0.0
        self._last: np.ndarray | None = None

    def put(self, frame: np.ndarray, time: float | None = None) -> None:
        """Write one frame (H, W, 3) uint8 BGR.

        Args:
            frame: The first one gives the video's size; others are fitted.
            time: In seconds, rising; None: right after the frame before.

        Raises:
            OSError: If the video cannot be written.
        """
        writer = self._open(frame)
        size = frame.shape[1], frame.shape[0]
        # OpenCV drops frames of another size silently
        frame = frame if size == self._size else cv2.resize(frame, self._size)
        if self._last is None:
            self._start = time or 0.0
        place = self._count if time is None else round((time - self._start) * self.rate)
        late = place - self._count - round(MAX_PAUSE * self.rate)
        if late > 0:
            self._start += late / self.rate
            place -= late
        while self._last is not None and self._count < place:
            self._write(writer, self._last)
        if self._count <= place:
            self._write(writer, frame)
        self._last = frame

    def close(self) -> None:
        """Finish the video."""
        if self._writer is not None:
            self._writer.release()

    def _open(self, frame: np.ndarray) -> cv2.VideoWriter:
        if self._writer is None:
            self._size = frame.shape[1], frame.shape[0]
            self.path.parent.mkdir(parents=True, exist_ok=True)
            code = 'MJPG' if self.path.suffix.lower() == '.avi' else 'mp4v'
            self._writer = cv2.VideoWriter(
                opencv_path(self.path), cv2.VideoWriter.fourcc(*code), self.rate, self._size
            )
            if not self._writer.isOpened():
                raise OSError(f'{self.path}: cannot write a video there; name a .mp4 or .avi file')
        return self._writer

    def _write(self, writer: cv2.VideoWriter, frame: np.ndarray) -> None:
        writer.write(frame)
        self._count += 1
