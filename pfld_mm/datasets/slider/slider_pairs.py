from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.structures import InstanceData
from mmpose.registry import DATASETS
from mmpose.structures import PoseDataSample

from pfld_mm.core.letterbox import Letterbox
from pfld_mm.core.slider.cascade import cut_squares, square_corners
from pfld_mm.datasets.slider.slider_synthetic import SliderSyntheticDataset
from pfld_mm.datasets.slider.training_pairs import (
    LetterboxedPuzzle,
    draw_pair,
    mirror_pair,
    pair_labels,
)


class LetterboxedPuzzles:
    """Puzzles as the second look sees them: letterboxed into the network's input.

    Args:
        generator: An object, or its config, with ``generator[i]``: a `Puzzle`.
        input_size: (w, h) of the network's input.
        padding: Least and most extent of what is fitted in, in extents of the picture.
    """

    def __init__(
        self,
        generator: dict | Any,
        input_size: tuple[int, int] = (512, 256),
        padding: tuple[float, float] = (1.0, 1.2),
    ) -> None:
        self.generator = DATASETS.build(generator) if isinstance(generator, dict) else generator
        self.input_size = tuple(input_size)
        self.padding = padding

    def __getitem__(self, index: int) -> LetterboxedPuzzle:
        puzzle = self.generator[index]
        padding = np.random.default_rng(index).uniform(*self.padding)
        box = Letterbox.fit(puzzle.picture, self.input_size, padding)
        return LetterboxedPuzzle(
            picture=np.ascontiguousarray(box.picture[..., 2::-1]),
            outlines=tuple(
                None if outline is None else (outline - box.corner) * box.zoom
                for outline in (puzzle.gap_outline, puzzle.piece_outline)
            ),
            decoys=(np.reshape(puzzle.decoys, (-1, 2)) - box.corner) * box.zoom,
            angle=float(np.deg2rad(puzzle.angle_deg)),
        )


@DATASETS.register_module()
class SliderPairs(SliderSyntheticDataset):
    """Pairs of squares around a piece and a gap, true and false ones, for `TwoStageSlider`.

    An item has ``pairs`` pairs of one puzzle: ``inputs`` (6 pairs, 160, 160) uint8, RGB of the
    piece's square and of the gap's for each pair, and as ``gt_instance_labels`` what
    `PairVerifier.loss` wants. Squares are mirrored, darkened and brightened at random.

    Args:
        generator: An object, or its config, with ``generator[i]``: a `LetterboxedPuzzle`.
        length: Puzzles an epoch.
        pairs: Of a puzzle.
        kwargs: As mmpose's BaseCocoStyleDataset takes them.
    """

    def __init__(self, generator: dict | Any, length: int, pairs: int = 2, **kwargs) -> None:
        super().__init__(generator, length, **kwargs)
        self.pairs = pairs

    def prepare_data(self, idx: int) -> dict:
        """Draw the pairs; they depend on the number of the puzzle alone."""
        number = self.epoch_index[idx]
        rng, puzzle = np.random.default_rng(number), self.generator[number]
        drawn = [self._draw(rng, puzzle) for _ in range(self.pairs)]
        squares = np.concatenate([square for square, _ in drawn])
        sample = PoseDataSample(metainfo=dict(img_id=number))
        sample.gt_instance_labels = InstanceData(**_stack([labels for _, labels in drawn]))
        return dict(inputs=torch.from_numpy(squares), data_samples=sample)

    @staticmethod
    def _draw(
        rng: np.random.Generator, puzzle: LetterboxedPuzzle
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        corners = square_corners(*draw_pair(rng, puzzle))
        square, labels = cut_squares(puzzle.picture, corners), pair_labels(puzzle, corners)
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
