from __future__ import annotations

import numpy as np
import torch
from mmpose.models.pose_estimators import TopdownPoseEstimator
from mmpose.registry import MODELS
from torch import Tensor

LABELS = (
    'boxes', 'box_weights', 'masks', 'matches', 'match_weights', 'angles', 'angle_weights',
)  # fmt: skip


@MODELS.register_module()
class TwoStageSlider(TopdownPoseEstimator):
    """Trains the head's `PairVerifier` alone, on `SliderPairs`; all else stays as it was loaded.

    Its checkpoints are as a TopdownPoseEstimator's with the same parts. So are its answers, but
    that the first look sees each picture upside down, too.

    Args:
        kwargs: As mmpose's TopdownPoseEstimator takes them.

    Raises:
        ValueError: If the head has no refiner.
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        if self.head.refiner is None:
            raise ValueError('TwoStageSlider needs a head with a refiner, found none')
        self.requires_grad_(False)
        self.head.refiner.requires_grad_(True)

    def train(self, mode: bool = True) -> TwoStageSlider:
        """Switch the refiner alone: batch statistics of the rest stay as they are."""
        super().train(False)
        self.training = mode
        self.head.refiner.train(mode)
        return self

    def predict(self, inputs: Tensor, data_samples: list) -> list:
        """Answer as mmpose's TopdownPoseEstimator.

        Args:
            inputs: (N, 4, H, W).
            data_samples: N samples.

        Returns:
            The samples with ``pred_instances`` and, if asked for, ``pred_fields``.
        """
        feats = [self.extract_feat(view) for view in (inputs, inputs.flip(-2))]
        preds = self.head.predict(feats, data_samples, test_cfg=self.test_cfg)
        preds, fields = preds if isinstance(preds, tuple) else (preds, None)
        return self.add_pred_to_datasample(preds, fields, data_samples)

    def loss(self, inputs: Tensor, data_samples: list) -> dict[str, Tensor]:
        """The refiner's losses.

        Args:
            inputs: Squares of P pairs of N puzzles in [0, 1], (N, 6 P, 160, 160).
            data_samples: N samples with the labels of `SliderPairs`.
        """
        squares = inputs.unflatten(1, (-1, 6)).flatten(0, 1)
        samples = [sample.gt_instance_labels for sample in data_samples]
        labels = {
            key: torch.from_numpy(np.concatenate([one.get(key) for one in samples])).to(squares)
            for key in LABELS
        }
        return self.head.refiner.loss(squares, labels)
