from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import cv2
import numpy as np

from pfld_mm.core.image_size import MAX_PIXELS, check_size
from pfld_mm.core.opencv_path import opencv_path

MAX_CAMERA = 9999
"""OpenCV takes the hundreds as the number of a driver."""
END_TOLERANCE = 3
"""Frames by which a file may end before its duration."""


class Video:
    """The frames of a video file or a camera.

    Iterating gives (time in seconds, frame (H, W, 3) uint8 BGR). The times of a file are its own,
    also where its frame rate varies; a camera's are those of a monotonic clock. A camera may stop
    at any time: then the frames end, and ``frames`` says how many there were.

    Args:
        source: A file, or the number of a camera.
        max_pixels: A video with larger frames is refused.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is no video that this OpenCV can read, its frames are too large, or
            there can be no camera of this number.
        OSError: if the camera cannot be opened.
    """

    def __init__(self, source: str | Path | int, max_pixels: int = MAX_PIXELS) -> None:
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
        sides = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        width, height = (int(self._capture.get(side)) for side in sides)
        check_size(width, height, self.name, max_pixels)
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 1 <= fps <= 1000 else 30.0  # cameras often say 0
        self.frames = 0
        self.time = -1.0

    @property
    def announced(self) -> int:
        """Frames that the file says it has; 0 if it does not say, and for cameras."""
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        return int(count) if not self.is_camera and 0 < count < 1e9 else 0

    @property
    def broke_off(self) -> bool:
        """After the last frame: whether a file announces more, or a camera has stopped.

        Some containers announce a duration alone, from which OpenCV guesses a number of frames: a
        file is too short only if duration and number say so.
        """
        end = self.time + END_TOLERANCE / self.fps
        is_short = self.frames < self.announced and end < self.announced / self.fps
        return self.is_camera or is_short

    def __iter__(self) -> Iterator[tuple[float, np.ndarray]]:
        """Read to the end.

        Raises:
            ValueError: if there is not a single frame.
        """
        start = monotonic()
        while True:
            good, frame = self._capture.read()
            if not good or frame is None:
                break
            self.frames += 1
            found = monotonic() - start if self.is_camera else self._file_time()
            # some containers have no times: then they follow from the frame rate
            self.time = found if found > self.time else self.time + 1 / self.fps
            yield self.time, frame
        if self.frames == 0:
            raise ValueError(f'{self.name}: gives not a single frame')

    def _file_time(self) -> float:
        """The presentation time of the frame that was read last, in seconds."""
        return self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3

    def close(self) -> None:
        """Let go of file or camera."""
        self._capture.release()
