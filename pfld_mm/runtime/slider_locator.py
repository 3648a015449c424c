from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from pfld_mm.core.image import as_bgr
from pfld_mm.core.letterbox import Letterbox
from pfld_mm.core.network_input import network_input
from pfld_mm.core.slider.cascade import SliderCascade
from pfld_mm.core.slider.cascade_params import CascadeParams
from pfld_mm.core.slider.decode import OUTPUT_CHANNELS, STRIDE, decode_slider, valid_cells
from pfld_mm.core.slider.proposals import PairProposal, find_pairs
from pfld_mm.core.slider.slider_prediction import SliderPrediction
from pfld_mm.runtime.backends.open_session import open_session, open_verifier
from pfld_mm.runtime.backends.session import run_in_batches
from pfld_mm.runtime.golden_pair import GoldenPair
from pfld_mm.runtime.model_folder import ModelFolder
from pfld_mm.runtime.self_test import check_golden_pair, check_points
from pfld_mm.runtime.slider_result import SliderResult

DEFAULT_MODEL = 'litehrnet18_fast_slider'
"""Comes with the package."""


class SliderLocator:
    """Finds gap and piece of a slider puzzle with an exported model.

    Three steps, each of them callable: ``preprocess``, ``inference``, ``postprocess``.

    Args:
        folder: What the export tool wrote, its single ONNX file, or the name of a model that
            comes with the package.
        backend: ``'onnxruntime'``, ``'openvino'``, ``'openvino_bf16'``, ``'ncnn'``, ... of the
            proposal network; the pair verifier always runs in onnxruntime.
        threads: Of the backend; 0 leaves the number to it.
        verify: Compare the files with their digests in the metadata.

    Raises:
        FileNotFoundError: if the folder or a file of it is missing.
        ValueError: if a file is damaged, or the model is none for puzzles.
        ImportError: if the backend is not installed.
    """

    def __init__(
        self,
        folder: str | Path = DEFAULT_MODEL,
        backend: str = 'onnxruntime',
        threads: int = 1,
        verify: bool = True,
    ) -> None:
        self.folder = ModelFolder.read(folder, verify)
        self.info = self.folder.info
        self.folder.check_task('slider')
        self.stride = self.info.codec.get('stride', STRIDE)
        self.backend = backend
        self.threads = threads
        self.session = open_session(self.folder, backend, threads)
        self.verifier = open_verifier(self.folder, threads)
        self.cascade = SliderCascade(
            self._propose,
            None if self.verifier is None else self._verify,
            CascadeParams.from_dict(self.info.cascade or {}),
        )

    def __reduce__(self) -> tuple:
        """For another process: the model is opened there again."""
        arguments = str(self.folder.path), self.backend, self.threads, self.folder.verify
        return type(self), arguments

    def __call__(self, image: ArrayLike) -> SliderResult:
        """Find gap and piece in one image.

        Args:
            image: See ``as_bgr``: BGR, gray or BGRA; uint8, uint16 or float in 0..1.

        Raises:
            ValueError: if the image is impossible.
        """
        box = self.preprocess(as_bgr(image))
        return self.postprocess(self.inference(box), box)

    def preprocess(self, image: np.ndarray) -> Letterbox:
        """Fit an image (H, W, 3) uint8 BGR into the input, as ``LetterboxAffine`` does."""
        return Letterbox.fit(image, self.info.input_size, self.info.padding, self.info.border_value)

    def propose(self, box: Letterbox) -> list[PairProposal]:
        """The first network's pairs of a letterboxed image, most probable first."""
        output = self._propose(box.image[..., [2, 1, 0, 3]])
        return find_pairs(output, self.stride, self.cascade.params)

    def inference(self, box: Letterbox) -> SliderPrediction:
        """Run both networks on the letterboxed image; the answer is in pixels of the input."""
        return self.cascade(box.image[..., [2, 1, 0, 3]])

    def postprocess(self, prediction: SliderPrediction, box: Letterbox) -> SliderResult:
        """Bring the answer into the image, the center of its pixel (0, 0) at (0, 0)."""
        scores = float(prediction.scores[0]), float(prediction.scores[1])
        if not prediction.found:
            return SliderResult(None, None, None, None, scores, prediction.match_logit)
        gap, piece = box.to_image(prediction.points)
        return SliderResult(
            gap=(float(gap[0]), float(gap[1])),
            piece=(float(piece[0]), float(piece[1])),
            distance=float(gap[0] - piece[0]),
            angle=prediction.angle,
            scores=scores,
            match_logit=prediction.match_logit,
        )

    def _propose(self, image: np.ndarray) -> np.ndarray:
        """The cascade's first network: RGB and mask (H, W, 4) uint8 -> (8, h, w)."""
        return self._run(network_input([image[..., [2, 1, 0, 3]]], self.info))[0]

    def _run(self, tensor: np.ndarray) -> np.ndarray:
        """Run the proposal network on (1, 4, H, W): (1, 8, H / stride, W / stride)."""
        output = run_in_batches(self.session, tensor)
        width, height = self.info.input_size
        expected = (1, OUTPUT_CHANNELS, height // self.stride, width // self.stride)
        if output.shape != expected:
            raise ValueError(
                f'{self.session.source}: expected an output of shape {expected}, found '
                f'{output.shape}; export the model again'
            )
        return output

    def _verify(self, squares: np.ndarray) -> np.ndarray:
        """The cascade's second network: (P, 6, S, S) -> (P, 10)."""
        assert self.verifier is not None  # the cascade calls this only where there is one
        return run_in_batches(self.verifier, squares)

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
        if golden.image.ndim != 3 or golden.image.shape[2] != 4:
            raise ValueError(
                f'golden.npz: expected an image (h, w, 4) of BGR and mask, found '
                f'{golden.image.shape}; export again'
            )
        tensor = network_input([golden.image], self.info)
        valid = valid_cells(golden.image[..., 3], self.stride)
        same_row = self.cascade.params.same_row
        found = check_golden_pair(
            golden,
            tensor,
            lambda output: decode_slider(output[0], valid, same_row, self.stride)[0],
            self._run,
            self.backend,
            bound,
        )
        return max(found, self._test_verifier(golden, bound))

    def _test_verifier(self, golden: GoldenPair, bound: float | None) -> float:
        if self.verifier is None:
            return 0.0
        if golden.squares is None or golden.squares_output is None:
            raise ValueError('golden.npz: has no squares for the pair verifier; export again')
        boxes, expected = (
            one[:, :8].astype(np.float64)
            for one in (self._verify(golden.squares), golden.squares_output)
        )
        return check_points(boxes, expected, self.backend, bound)
