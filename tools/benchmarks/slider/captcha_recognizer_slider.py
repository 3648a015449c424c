"""The public package captcha-recognizer (PyPI, MIT licence), for comparisons."""

from __future__ import annotations

from pathlib import Path

import numpy as np

INSTALL = (
    'this needs the package captcha-recognizer (MIT licence, 40 MB with its model): '
    'pip install captcha-recognizer, or leave the method out'
)


class CaptchaRecognizerSlider:
    """A YOLO segmentation network at 640x640 that finds gaps of any site.

    Not a dependency of ours: it is imported when the first object is made.

    Args:
        threads: Of onnxruntime. The package leaves the number to onnxruntime, so its session is
            opened again with what the other methods get, on the CPU.

    Raises:
        ImportError: If the package is not installed.
    """

    def __init__(self, threads: int = 1) -> None:
        try:
            from captcha_recognizer import slider
        except ImportError as error:
            raise ImportError(f'{INSTALL} ({error})') from error
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        self.slider = slider.Slider()
        self.slider.session = onnxruntime.InferenceSession(
            str(Path(slider.__file__).parent / 'models' / 'slider.onnx'),
            options,
            providers=['CPUExecutionProvider'],
        )

    def __call__(self, image: np.ndarray) -> tuple[float, float] | None:
        """Find the gap.

        Args:
            image: (H, W, 3) BGR uint8.

        Returns:
            Center (x, y) of the box that the package answers, in px; None if it finds none.
        """
        box, _ = self.slider.identify(source=image)
        if not box:
            return None
        x1, y1, x2, y2 = box
        return (x1 + x2) / 2, (y1 + y2) / 2
