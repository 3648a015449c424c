from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import ArrayLike

from pfld_mm.core.image import as_bgr
from pfld_mm.core.letterbox import Letterbox
from pfld_mm.core.network_input import network_input
from pfld_mm.core.slider.cascade import SQUARE, refine
from pfld_mm.core.slider.decode import STRIDE, decode_slider
from pfld_mm.runtime.backends.open_session import open_second_look, open_session
from pfld_mm.runtime.backends.session import run_in_batches
from pfld_mm.runtime.model_folder import GoldenPair, ModelFolder
from pfld_mm.runtime.self_test import check_golden_pair, check_points
from pfld_mm.runtime.slider_result import SliderResult

DEFAULT_MODEL = 'litehrnet18_fast_slider'
"""Comes with the package."""

CHANNELS = 8
"""What `decode_slider` reads."""
SECOND_CHANNELS = 6
"""RGB of two squares."""


class SliderLocator:
    """Finds gap and piece of a slider puzzle with an exported model.

    Three steps, each of them callable: ``preprocess``, ``inference``, ``postprocess``.

    Args:
        folder: What the export tool wrote, its single ONNX file, or the name of a model that
            comes with the package.
        backend: ``'onnxruntime'``, ``'openvino'``, ``'openvino_bf16'``, ``'ncnn'``, ...
        threads: Of the backend; 0 leaves the number to it.

    Raises:
        FileNotFoundError: if the folder or a file of it is missing.
        ValueError: if a file is damaged, or the model is none for puzzles.
        ImportError: if the backend is not installed.
    """

    def __init__(
        self, folder: str | Path = DEFAULT_MODEL, backend: str = 'onnxruntime', threads: int = 1
    ) -> None:
        self.folder = ModelFolder.read(folder)
        self.info = self.folder.info
        if self.info.task != 'slider':
            raise ValueError(
                f'{folder}: a model for the task {self.info.task!r}, not for slider puzzles; use '
                'FaceLandmarker'
            )
        self.same_row = self.info.codec.get('same_row', False)
        self.stride = self.info.codec.get('stride', STRIDE)
        self.backend = backend
        self.session = open_session(self.folder, backend, threads)
        shape = (SECOND_CHANNELS, SQUARE, SQUARE)
        self.second_look = open_second_look(self.folder, shape, threads)

    def __call__(self, image: ArrayLike) -> SliderResult:
        """Find gap and piece in one picture.

        Args:
            image: See ``as_bgr``: BGR, grey or BGRA; uint8, uint16 or float in 0..1.

        Raises:
            ValueError: if the picture is impossible.
        """
        box = self.preprocess(as_bgr(image))
        return self.postprocess(self.inference(network_input([box.picture], self.info)), box)

    def preprocess(self, image: np.ndarray) -> Letterbox:
        """Fit a picture (H, W, 3) uint8 BGR into the input, as ``LetterboxAffine`` does."""
        return Letterbox.fit(image, self.info.input_size, self.info.padding, self.info.border_value)

    def inference(self, tensor: np.ndarray) -> np.ndarray:
        """Run the model on (1, 4, h, w): (1, 8, h / stride, w / stride)."""
        output = run_in_batches(self.session, tensor)
        width, height = self.info.input_size
        expected = (1, CHANNELS, height // self.stride, width // self.stride)
        if output.shape != expected:
            raise ValueError(
                f'{self.session.source}: expected an output of shape {expected}, found '
                f'{output.shape}; export the model again'
            )
        return output

    def postprocess(self, output: np.ndarray, box: Letterbox) -> SliderResult:
        """Read the answer from the output (1, 8, h / stride, w / stride), in the picture."""
        first = partial(self._decode, output, box.picture[..., 3])
        if self.same_row:
            # as if the mask were alpha: no copy of three channels
            colours = cv2.cvtColor(box.picture, cv2.COLOR_BGRA2RGB)
            network = None if self.second_look is None else self._judge_pairs
            mirrored = partial(self._look_mirrored, box.picture)
            points, scores, angle = refine(colours, output[0], first, network, mirrored)
        else:
            points, scores, angle = first()
        gap, piece = box.to_picture(points)
        return SliderResult(
            gap=(float(gap[0]), float(gap[1])),
            piece=(float(piece[0]), float(piece[1])),
            distance=float(gap[0] - piece[0]),
            angle=angle,
            scores=(float(scores[0]), float(scores[1])),
        )

    def _look_mirrored(self, picture: np.ndarray) -> np.ndarray:
        """Output (8, h / stride, w / stride) for a network's picture upside down."""
        return self.inference(network_input([picture[::-1]], self.info))[0]

    def _judge_pairs(self, squares: np.ndarray) -> np.ndarray:
        return run_in_batches(self.second_look, squares)

    def self_test(self, bound: float | None = None) -> float:
        """Prove this installation with the folder's golden pair.

        Args:
            bound: Largest difference allowed, in pixels of the input; by default 0.05, for
                fp16 and bf16 0.5, for int8 2.

        Returns:
            The largest difference of gap and piece in pixels.

        Raises:
            RuntimeError: if the input differs at all or the points differ by more than ``bound``.
            FileNotFoundError: if the folder has no golden pair.
            ValueError: if the golden pair is damaged or of another model.
        """
        golden = self.folder.golden()
        if golden.picture.ndim != 3 or golden.picture.shape[2] != 4:
            raise ValueError(
                f'golden.npz: expected a picture (h, w, 4) of RGB and mask, found '
                f'{golden.picture.shape}; export again'
            )
        tensor = network_input([golden.picture[..., [2, 1, 0, 3]]], self.info)
        mask = golden.picture[..., 3]
        found = check_golden_pair(
            golden,
            tensor,
            lambda output: self._decode(output, mask)[0],
            self.inference,
            self.backend,
            bound,
        )
        return max(found, self._test_second_look(golden, bound))

    def _test_second_look(self, golden: GoldenPair, bound: float | None) -> float:
        if self.second_look is None:
            return 0.0
        if golden.squares is None or golden.squares_output is None:
            raise ValueError('golden.npz: has no squares for the second look; export again')
        boxes, expected = (
            one[:, :8].astype(np.float64)
            for one in (self._judge_pairs(golden.squares), golden.squares_output)
        )
        return check_points(boxes, expected, self.backend, bound)

    def _decode(self, output: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """Decode (1, 8, h, w); a cell without a valid pixel of the mask never wins."""
        # the picture is a rectangle in the input
        rows, columns = (mask.any(axis).reshape(-1, self.stride).any(1) for axis in (1, 0))
        valid = rows[:, None] & columns
        return decode_slider(output[0], valid, self.same_row, self.stride)
