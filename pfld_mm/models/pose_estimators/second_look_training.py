from __future__ import annotations

import numpy as np
import torch
from mmpose.models.pose_estimators import TopdownPoseEstimator
from mmpose.registry import MODELS
from torch import Tensor

from pfld_mm.models.heads.training_pairs import PuzzleLabels, make_batch


@MODELS.register_module()
class SecondLookTraining(TopdownPoseEstimator):
    """Trains the head's `PairRefiner` alone; everything before it stays as it was loaded.

    Its checkpoints are those of a TopdownPoseEstimator with the same parts.

    Args:
        pairs: Pairs of piece and gap that are drawn of each puzzle.
        first_looks: Puzzles of a batch that the first look sees; what it takes for likely becomes
            false pairs. The others have decoys and places at random alone: it takes its time.
        kwargs: As mmpose's TopdownPoseEstimator takes them.

    Raises:
        ValueError: If the head has no refiner.
    """

    def __init__(self, pairs: int = 4, first_looks: int = 8, **kwargs) -> None:
        super().__init__(**kwargs)
        if self.head.refiner is None:
            raise ValueError('SecondLookTraining needs a head with a refiner, found none')
        self.pairs = pairs
        self.first_looks = first_looks
        self.requires_grad_(False)
        self.head.refiner.requires_grad_(True)

    def train(self, mode: bool = True) -> SecondLookTraining:
        """Switch the refiner alone: batch statistics of the rest stay as they are."""
        super().train(False)
        self.training = mode
        self.head.refiner.train(mode)
        return self

    def loss(self, inputs: Tensor, data_samples: list) -> dict[str, Tensor]:
        """The refiner's losses on pairs of a batch of puzzles.

        Args:
            inputs: RGB and mask (N, 4, H, W) in [0, 1].
            data_samples: N samples with the codec's labels; what is drawn depends on ``img_id``.
        """
        with torch.no_grad():
            seen = inputs[: self.first_looks]
            output = self.head(self.extract_feat(seen)).float().cpu().numpy()
        puzzles = [_labels(sample) for sample in data_samples]
        seeds = [int(sample.metainfo['img_id']) for sample in data_samples]
        squares, labels = make_batch(inputs, puzzles, output, seeds, self.pairs)
        return self.head.refiner.loss(squares, labels)


def _labels(sample) -> PuzzleLabels:
    labels = sample.gt_instance_labels
    decoys = labels.decoy_labels[0][labels.decoy_weights[0] > 0].cpu().numpy()
    sine, cosine = labels.angle_labels[0].tolist()
    return PuzzleLabels(
        boxes=labels.box_labels[0].cpu().numpy().astype(np.float64),
        known=tuple(bool(weight > 0) for weight in labels.box_weights[0]),
        decoys=4.0 * decoys,
        angle=float(np.arctan2(sine, cosine)) if labels.angle_weights[0, 0] > 0 else None,
    )
