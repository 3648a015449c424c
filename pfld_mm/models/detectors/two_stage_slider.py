from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.models.pose_estimators import TopdownPoseEstimator
from mmpose.registry import MODELS
from mmpose.utils.tensor_utils import to_numpy
from torch import Tensor

from pfld_mm.core.slider.cascade import SliderCascade
from pfld_mm.core.slider.cascade_params import CascadeParams
from pfld_mm.core.slider.slider_prediction import SliderPrediction

PAIR_LABELS = (
    'boxes', 'box_weights', 'masks', 'matches', 'match_weights', 'angles', 'angle_weights',
)  # fmt: skip
"""What `SliderPairs` gives and `PairVerifier.loss` takes."""


@MODELS.register_module()
class TwoStageSlider(TopdownPoseEstimator):
    """Detector for slider puzzles: a proposal network, and a verifier of pairs of piece and gap.

    The proposal network is backbone, neck and dense head. Inference is
    :class:`pfld_mm.core.slider.cascade.SliderCascade`, as on the device. One stage is trained at a
    time: the proposal network on whole puzzles (``SliderDataset``, ``SliderSyntheticDataset``), or
    the verifier on pairs of crops (``SliderPairs``) with all else frozen.

    Args:
        verifier: Config of a :class:`PairVerifier`; None for a one-stage model.
        cascade: Fields of :class:`CascadeParams` that differ from the defaults.
        train_stage: ``'proposal'`` or ``'verifier'``.
        kwargs: As mmpose's TopdownPoseEstimator takes them.

    Raises:
        ValueError: If ``train_stage`` is unknown or needs a verifier that is not there, or the
            verifier's crops have another size than the cascade's.
    """

    def __init__(
        self,
        verifier: dict | None = None,
        cascade: dict | None = None,
        train_stage: Literal['proposal', 'verifier'] = 'proposal',
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if train_stage not in ('proposal', 'verifier'):
            raise ValueError(f"train_stage must be 'proposal' or 'verifier', found {train_stage!r}")
        if train_stage == 'verifier' and verifier is None:
            raise ValueError("train_stage='verifier' needs model.verifier, found None")
        self.train_stage = train_stage
        self.verifier = None if verifier is None else MODELS.build(verifier)
        self.cascade_params = CascadeParams.from_dict(dict(cascade or {}))
        self._check_params()
        self.requires_grad_(train_stage == 'proposal')
        if self.verifier is not None:
            self.verifier.requires_grad_(train_stage == 'verifier')

    def _check_params(self) -> None:
        if self.verifier is None:
            return
        expected, found = self.verifier.square_size, self.cascade_params.square_size
        if expected != found:
            raise ValueError(
                f'verifier.square_size is {expected}, cascade.square_size {found}: set both alike'
            )
        if not self.cascade_params.same_row:
            raise ValueError('a pair verifier needs cascade.same_row=True, found False')

    def train(self, mode: bool = True) -> TwoStageSlider:
        """Switch the stage that is trained alone: the other one's batch statistics are frozen."""
        super().train(mode)
        if self.train_stage == 'verifier':
            for stage in (self.backbone, self.neck, self.head):
                stage.train(False)
        elif self.verifier is not None:
            self.verifier.train(False)
        return self

    def _forward(self, inputs: Tensor, data_samples: list | None = None) -> Tensor:
        """The proposal network's output.

        Args:
            inputs: RGB and valid mask in [0, 1], (N, 4, H, W).
            data_samples: Not used.

        Returns:
            (N, 8, h, w), see :class:`CenterOffsetAngleHead`.
        """
        return self.head(self.extract_feat(inputs), inputs[:, 3:])

    def loss(self, inputs: Tensor, data_samples: list) -> dict[str, Tensor]:
        """The losses of the stage that is trained.

        Args:
            inputs: RGB and valid mask in [0, 1], (N, 4, H, W); for the verifier squares of P pairs
                of N puzzles, (N, 6 P, S, S).
            data_samples: N samples with the labels of the codec, or of ``SliderPairs``.
        """
        if self.train_stage == 'verifier':
            squares = inputs.unflatten(1, (-1, 6)).flatten(0, 1)
            return self.verifier.loss(squares, _pair_labels(data_samples, squares))
        return self.head.loss(self.extract_feat(inputs), data_samples, inputs[:, 3:])

    def predict(self, inputs: Tensor, data_samples: list) -> list:
        """Run the cascade on every image.

        Args:
            inputs: RGB and valid mask in [0, 1], (N, 4, H, W).
            data_samples: N samples.

        Returns:
            The samples with ``pred_instances``: ``keypoints`` (1, 2, 2), gap and piece in pixels
            of the image, ``keypoint_scores`` (1, 2), ``angle`` (1,) in radians; with
            ``test_cfg.output_heatmaps`` also ``pred_fields.heatmaps`` (2, h, w), the score maps.
        """
        outputs = self._forward(inputs)
        predictions = [
            self.cascade.verify(_as_image(one), to_numpy(output.float()))
            for one, output in zip(inputs, outputs, strict=True)
        ]
        fields = None
        if self.test_cfg.get('output_heatmaps', False):
            fields = [PixelData(heatmaps=output[:2].detach()) for output in outputs]
        return self.add_predictions(predictions, data_samples, fields)

    def add_predictions(
        self,
        predictions: list[SliderPrediction],
        data_samples: list,
        fields: list[PixelData] | None = None,
    ) -> list:
        """Write the cascade's predictions into the samples, in pixels of the image.

        There the center of pixel (0, 0) is at (0, 0), as everywhere in mmpose.
        """
        instances = [
            InstanceData(
                keypoints=one.points[None].astype(np.float32),
                keypoint_scores=one.scores[None].astype(np.float32),
                angle=np.array([one.angle], np.float32),
            )
            for one in predictions
        ]
        samples = self.add_pred_to_datasample(instances, fields, data_samples)
        for sample in samples:
            sample.pred_instances.keypoints -= 0.5  # mmpose's inverse counts from the corner
        return samples

    @property
    def cascade(self) -> SliderCascade:
        """The inference for one image, RGB and mask (H, W, 4) uint8."""
        verifier = None if self.verifier is None else self._verify
        return SliderCascade(self._propose, verifier, self.cascade_params)

    @torch.no_grad()
    def _propose(self, image: np.ndarray) -> np.ndarray:
        """RGB and mask (H, W, 4) uint8 -> (8, h, w)."""
        tensor = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
        return to_numpy(self._forward(tensor.to(_device(self)).float() / 255)[0].float())

    @torch.no_grad()
    def _verify(self, squares: np.ndarray) -> np.ndarray:
        """Squares (P, 6, S, S) -> (P, 10)."""
        return to_numpy(self.verifier(torch.from_numpy(squares).to(_device(self))).float())


def _device(model: torch.nn.Module) -> torch.device:
    return next(model.parameters()).device


def _as_image(tensor: Tensor) -> np.ndarray:
    """RGB and mask (4, H, W) in [0, 1] as (H, W, 4) uint8."""
    return to_numpy((255 * tensor).round().byte().permute(1, 2, 0).contiguous())


def _pair_labels(data_samples: list, like: Tensor) -> dict[str, Tensor]:
    """The labels of all pairs of N samples in one batch."""
    samples = [sample.gt_instance_labels for sample in data_samples]
    return {
        key: torch.from_numpy(np.concatenate([one.get(key) for one in samples])).to(like)
        for key in PAIR_LABELS
    }
