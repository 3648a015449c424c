from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.structures import InstanceData
from mmpose.registry import DATASETS
from mmpose.structures import PoseDataSample

from pfld_mm.core.slider.pair_crops import crop_pair, pair_corners
from pfld_mm.datasets.slider.letterboxed_puzzle import LetterboxedPuzzle
from pfld_mm.datasets.slider.slider_synthetic import SliderSyntheticDataset
from pfld_mm.datasets.slider.training_pairs import draw_pair, mirror_pair, pair_labels


@DATASETS.register_module()
class SliderPairs(SliderSyntheticDataset):
    """Pairs of crops around a piece and a gap, true and false ones, to train a `PairVerifier`.

    An item has ``pairs`` pairs of one puzzle: ``inputs`` (6 pairs, S, S) uint8, RGB of the
    piece's square and of the gap's for each pair, and as ``gt_instance_labels`` what
    `PairVerifier.loss` wants. Squares are mirrored, darkened and brightened at random.

    Args:
        generator: An object, or its config, with ``generator[i]``: a `LetterboxedPuzzle`.
        length: Puzzles an epoch.
        pairs: Of a puzzle.
        square_size: S, the verifier's.
        kwargs: As mmpose's BaseCocoStyleDataset takes them.
    """

    def __init__(
        self,
        generator: dict | Any,
        length: int,
        pairs: int = 2,
        square_size: int = 160,
        **kwargs,
    ) -> None:
        super().__init__(generator, length, **kwargs)
        self.pairs = pairs
        self.square_size = square_size

    def prepare_data(self, idx: int) -> dict:
        """Draw the pairs; they depend on the number of the puzzle alone."""
        number = self.epoch_index[idx]
        rng, puzzle = np.random.default_rng(number), self.generator[number]
        drawn = [self._draw(rng, puzzle) for _ in range(self.pairs)]
        squares = np.concatenate([square for square, _ in drawn])
        sample = PoseDataSample(metainfo=dict(img_id=number))
        sample.gt_instance_labels = InstanceData(**_stack([labels for _, labels in drawn]))
        return dict(inputs=torch.from_numpy(squares), data_samples=sample)

    def _draw(
        self, rng: np.random.Generator, puzzle: LetterboxedPuzzle
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        size = self.square_size
        corners = pair_corners(*draw_pair(rng, puzzle), size)
        square = crop_pair(puzzle.image, corners, size)
        labels = pair_labels(puzzle, corners, size)
        for axis in (0, 1):
            if rng.random() < 0.5:
                square, labels = mirror_pair(square, labels, axis)
        gain, shift = np.exp(rng.normal(0, 0.2)), rng.normal(0, 20)
        middle = 128 * (1 - gain) + shift
        square = np.ascontiguousarray(square)
        return cv2.addWeighted(square, gain, square, 0, middle), labels


def _stack(labels: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    # arrays: a loader's worker hands on each tensor through a file of its own
    return {key: np.stack([one[key] for one in labels]) for key in labels[0]}
