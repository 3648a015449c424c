from __future__ import annotations

from collections.abc import Sequence

import torch
from mmpose.models.heads import RegressionHead
from mmpose.registry import MODELS
from torch import Tensor, nn

from pfld_mm.models.heads.pose_branch import PoseBranch
from pfld_mm.models.losses.pfld_loss import PFLDLoss


@MODELS.register_module()
class PFLDHead(RegressionHead):
    """One fully connected layer for the points; while training, a pose branch beside it.

    Decoding and flip test are mmpose's :class:`RegressionHead`. With ``loss_sigma`` a second layer
    gives a standard deviation for x and y of each point, in the form that mmpose's
    ``RegressionLabel`` decodes into ``keypoint_scores``. Its loss sees the points' errors and the
    features as constants, so that it trains that layer alone and does not change the points (joint
    likelihoods trade accuracy of the points for likelihood, Seitzer et al., ICLR 2022). Deployment
    drops the losses and the pose branch (PFLD paper, table 2), which belongs to :class:`PFLDLoss`.
    Its angles are put into the results (``pred_instances.euler``, (1, 3) radians) with
    ``test_cfg=dict(output_euler=True)``.

    Args:
        in_channels: Length of the neck's vector.
        num_keypoints: K.
        input_size: (w, h) of the network's input in pixels.
        pose_channels: Channels of the neck's auxiliary map, or None for no pose branch.
        loss: Config of the landmark loss; PFLDLoss needs ``pose_channels``, others refuse it.
        loss_sigma: Config of the loss of standard deviations (sigma, error, weight), or None for
            points alone.
        init_cfg: mmengine's initialisation config; by default mmpose's for regression heads.
    """

    def __init__(
        self,
        in_channels: int,
        num_keypoints: int,
        input_size: tuple[int, int] = (112, 112),
        pose_channels: int | None = None,
        loss: dict | None = None,
        loss_sigma: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(
            in_channels,
            num_keypoints,
            loss=loss or dict(type='LandmarkWingLoss'),
            decoder=dict(type='RegressionLabel', input_size=tuple(input_size)),
            init_cfg=init_cfg,
        )
        if isinstance(self.loss_module, PFLDLoss) != (pose_channels is not None):
            raise ValueError(
                'PFLDLoss and the pose branch belong together: got '
                f'loss={type(self.loss_module).__name__}, pose_channels={pose_channels}; set '
                "pose_channels (and the neck's `auxiliary`) for PFLDLoss, None for other losses"
            )
        self.num_keypoints = num_keypoints
        self.input_size = tuple(input_size)
        self.pose_branch = PoseBranch(pose_channels, input_size) if pose_channels else None
        self.loss_sigma = None if loss_sigma is None else MODELS.build(loss_sigma)
        self.sigma_branch = (
            None if loss_sigma is None else nn.Linear(in_channels, 2 * num_keypoints)
        )

    @property
    def default_init_cfg(self) -> list[dict]:
        """As mmpose's regression heads, but the points begin at the center of the crop.

        From 0 the bias alone would take hundreds of Adam's steps to get there.
        """
        center = dict(type='Normal', name='fc', std=0.01, bias=0.5)
        return [dict(type='Normal', layer='Linear', std=0.01, override=center)]

    def init_weights(self) -> None:
        """Initialise; standard deviations begin at 2 % of the crop."""
        super().init_weights()
        if self.sigma_branch is not None:
            nn.init.constant_(self.sigma_branch.bias, -4.0)  # sigmoid(-4) = 0.018

    @property
    def gives_sigma(self) -> bool:
        """Whether standard deviations stand behind the points."""
        return self.sigma_branch is not None

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Points, divided by (w, h), from the vector ``feats[-1]`` (N, C, 1, 1).

        Returns:
            (N, K, 2); with ``loss_sigma`` (N, K, 4), x, y and their standard deviations.
        """
        if feats[-1].shape[1] != self.in_channels:
            raise ValueError(
                f'PFLDHead: in_channels={self.in_channels}, but the neck gives '
                f'{feats[-1].shape[1]} channels; set model.head.in_channels={feats[-1].shape[1]}'
            )
        points = super().forward(feats)
        if self.sigma_branch is None:
            return points
        return torch.cat([points, self._sigma(feats[-1])], dim=2)

    def _sigma(self, feature: Tensor) -> Tensor:
        raw = self.sigma_branch(feature.flatten(1).detach())
        return raw.reshape(-1, self.num_joints, 2).sigmoid()

    def loss(
        self, feats: tuple[Tensor, ...], batch_data_samples: Sequence, train_cfg: dict | None = None
    ) -> dict[str, Tensor]:
        """Losses of one batch.

        Args:
            feats: The neck's output.
            batch_data_samples: N data samples with ``gt_instance_labels``.
            train_cfg: Not used.

        Returns:
            ``loss_landmark`` and ``loss_sigma``; for the log ``pixel_error``, the mean distance of
            a point, and with PFLDLoss ``square_distance``, which no weight distorts.
        """
        points, sigma = self.forward(feats).float().split([2, 2 * self.gives_sigma], dim=2)
        target, weight = self._targets(batch_data_samples)
        losses = {}
        if self.pose_branch is not None:
            pose = self.pose_branch(feats[0]).float(), *_pose_targets(batch_data_samples)
            losses['loss_landmark'], losses['square_distance'] = self.loss_module(
                points, target, weight, *pose
            )
        else:
            losses['loss_landmark'] = self.loss_module(points, target, weight)
        if self.loss_sigma is not None:
            error = (points - target).detach()
            losses['loss_sigma'] = self.loss_sigma(sigma, error, weight)
        with torch.no_grad():
            error = (points - target) * target.new_tensor(self.input_size)
            losses['pixel_error'] = error.norm(dim=2).mean()
        return losses

    def predict(
        self,
        feats: tuple[Tensor, ...] | list[tuple[Tensor, ...]],
        batch_data_samples: Sequence,
        test_cfg: dict | None = None,
    ) -> list:
        """Points of every face in input pixels, and with ``output_euler`` its pose.

        Args:
            feats: The neck's output; with flip test, a list of it and of the flipped images'.
            batch_data_samples: N data samples.
            test_cfg: ``flip_test``, ``output_euler``.

        Returns:
            N ``InstanceData`` with ``keypoints`` (1, K, 2) and ``keypoint_scores`` (1, K).
        """
        test_cfg = test_cfg or {}
        preds = super().predict(feats, batch_data_samples, test_cfg)
        if test_cfg.get('output_euler', False):
            if self.pose_branch is None:
                raise ValueError(
                    'test_cfg.output_euler=True, but this model has no pose branch: train with '
                    'PFLDLoss and pose_channels, or leave output_euler out'
                )
            upright = feats[0] if isinstance(feats, list) else feats
            for pred, euler in zip(preds, self.pose_branch(upright[0]), strict=True):
                pred.euler = euler[None].cpu().numpy()
        return preds

    def switch_to_deploy(self, test_cfg: dict | None = None) -> None:
        """Drop what only trains; the pose branch stays if ``test_cfg.output_euler`` asks for it."""
        self.loss_module = self.loss_sigma = None
        if not (test_cfg or {}).get('output_euler', False):
            self.pose_branch = None

    def _targets(self, batch_data_samples: Sequence) -> tuple[Tensor, Tensor]:
        """True points (N, K, 2) and their weights (N, K, 1)."""
        labels = [sample.gt_instance_labels for sample in batch_data_samples]
        target = torch.cat([label.keypoint_labels for label in labels])
        weight = torch.cat([label.keypoint_weights for label in labels]).unsqueeze(-1)
        if target.shape[1] != self.num_keypoints:
            raise ValueError(
                f'PFLDHead: num_keypoints={self.num_keypoints}, but the data have '
                f'{target.shape[1]} points a face; set model.head.num_keypoints={target.shape[1]}'
            )
        return target, weight


def _pose_targets(batch_data_samples: Sequence) -> tuple[Tensor, Tensor]:
    """True Euler angles (N, 3) in radians and attributes (N, 6)."""
    labels = [sample.gt_instance_labels for sample in batch_data_samples]
    missing = [key for key in ('euler', 'attributes') if key not in labels[0]]
    if missing:
        raise ValueError(
            f'the pose branch needs the labels {missing}, which the data do not bring: put '
            'GenerateFaceLabels(euler=True) after GenerateTarget in the training pipeline'
        )
    return torch.cat([label.euler for label in labels]), torch.cat(
        [label.attributes for label in labels]
    )
