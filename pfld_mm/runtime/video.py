from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import cv2
import numpy as np

from pfld_mm.core.opencv_path import opencv_path

MAX_CAMERA = 9999
"""OpenCV takes the hundreds as the number of a driver."""


class Video:
    """The frames of a video file or a camera.

    Iterating gives (time in seconds, frame (H, W, 3) uint8 BGR). The times of a file are its own,
    also where its frame rate varies; a camera's are those of a monotonic clock. A camera may stop
    at any time: then the frames end, and ``frames`` says how many there were.

    Args:
        source: A file, or the number of a camera.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is no video that this OpenCV can read, or there can be no camera
            of this number.
        OSError: if the camera cannot be opened.
    """

    def __init__(self, source: str | Path | int) -> None:
        self.is_camera = isinstance(source, int)
        self.name = f'camera {source}' if self.is_camera else str(source)
        if not isinstance(source, int) and not Path(source).is_file():
            raise FileNotFoundError(f'{source}: no such file')
        if isinstance(source, int) and not 0 <= source <= MAX_CAMERA:
            raise ValueError(f'{self.name}: cameras have numbers from 0 to {MAX_CAMERA}')
        self._capture = cv2.VideoCapture(source if isinstance(source, int) else opencv_path(source))
        if not self._capture.isOpened():
            self._capture.release()
            if self.is_camera:
                raise OSError(
                    f'{self.name} cannot be opened: it is not there, in use, or not permitted'
                )
            raise ValueError(
                f'{self.name}: not a video that this OpenCV can read; convert it, for example '
                'with ffmpeg to .mp4'
            )
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 1 <= fps <= 1000 else 30.0  # cameras often say 0
        self.frames = 0

    @property
    def announced(self) -> int:
        """Frames that the file says it has; 0 if it does not say, and for cameras."""
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        return int(count) if not self.is_camera and 0 < count < 1e9 else 0

    def __iter__(self) -> Iterator[tuple[float, np.ndarray]]:
        """Read to the end.

        Raises:
            ValueError: if there is not a single frame.
        """
        time, start = -1.0, monotonic()
        while True:
            good, frame = self._capture.read()
            if not good or frame is None:
                break
            self.frames += 1
            found = monotonic() - start if self.is_camera else self._file_time()
            # some containers have no times: then they follow from the frame rate
            time = found if found > time else time + 1 / self.fps
            yield time, frame
        if self.frames == 0:
            raise ValueError(f'{self.name}: gives not a single frame')

    def _file_time(self) -> float:
        """The presentation time of the frame that was read last, in seconds."""
        return self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3

    def close(self) -> None:
        """Let go of file or camera."""
        self._capture.release()
