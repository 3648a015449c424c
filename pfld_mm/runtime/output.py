from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from pfld_mm.runtime.image_writer import can_write, write_image
from pfld_mm.runtime.video_file import VideoFile

NO_SCREEN = (
    '--show needs a screen and an OpenCV with windows (not opencv-python-headless); use --out FILE'
)


class Output:
    """Writes drawn images to a file or a folder, frames to a video, and shows them.

    Args:
        path: An image file, a video file, a folder for many images; None writes nothing.
        show: Whether to open a window.
        fps: Of a video.
    """

    def __init__(self, path: Path | None, show: bool, fps: float | None = None) -> None:
        self.path = path
        self.show = show
        self.fps = fps
        self._video = VideoFile(path, fps) if path is not None and fps else None

    def put(
        self, image: np.ndarray, name: str | None = None, time: float | None = None
    ) -> tuple[Path | None, bool]:
        """Write and show one image (H, W, 3) uint8 BGR.

        Args:
            image: What to write.
            name: Its file name if ``path`` is a folder; kinds that OpenCV cannot write become PNG.
            time: Of a video's frame, in seconds.

        Returns:
            Where it was written, if it was, and False when the user has closed the window (q or
            Esc).

        Raises:
            OSError: if the file cannot be written or there is no screen.
        """
        file = None
        if self._video is not None:
            file = self._video.path
            self._video.put(image, time)
        elif self.path is not None:
            file = _file(self.path, name)
            write_image(file, image)
        return file, self._show(image) if self.show else True

    def close(self) -> None:
        """Finish the video and close the window."""
        if self._video is not None:
            self._video.close()
        if self.show:
            cv2.destroyAllWindows()

    def _show(self, image: np.ndarray) -> bool:
        try:
            cv2.imshow('pfld_mm', image)
            return cv2.waitKey(1 if self.fps else 0) & 0xFF not in (ord('q'), 27)
        except cv2.error as error:
            self.show = False
            raise OSError(NO_SCREEN) from error


def check_screen() -> None:
    """Try to open a window in another process: without a screen, Qt ends the process.

    Raises:
        OSError: If there is no screen, or an OpenCV without windows.
    """
    code = "import cv2; cv2.namedWindow('pfld_mm'); cv2.waitKey(1)"
    tried = subprocess.run([sys.executable, '-c', code], capture_output=True, check=False)
    if tried.returncode:
        raise OSError(NO_SCREEN)


def _file(path: Path, name: str | None) -> Path:
    """Where an image goes: the path, or a file of that name in it that OpenCV can write."""
    if name is None:
        return path
    file = path / name
    return file if can_write(file) else file.with_name(f'{name}.png')
