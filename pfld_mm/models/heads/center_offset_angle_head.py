from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from pfld_mm.models.heads.piece_matcher import PieceMatcher
from pfld_mm.models.layers.lite_block import RELU, separable_act
from pfld_mm.models.losses.center_focal_loss import CenterFocalLoss
from pfld_mm.models.losses.cosine_angle_loss import CosineAngleLoss
from pfld_mm.models.losses.hard_negative_ranking_loss import HardNegativeRankingLoss
from pfld_mm.models.losses.masked_smooth_l1_loss import MaskedSmoothL1Loss

OUTPUTS = (1, 1, 4, 2)
"""Channels of gap scores, piece scores, offsets and angle, in the order of the output."""


@MODELS.register_module()
class CenterOffsetAngleHead(BaseModule):
    """Dense outputs: score maps of gap and piece, their sub-cell offsets, the gap's angle.

    The output is one tensor, which `pfld_mm.core.slider` reads. Each of the four outputs has a
    3x3 convolution, ReLU and 1x1 of its own, or one separable 3x3 is shared by all. Cells without
    a valid pixel get score 0.

    Args:
        in_channels: Of the neck's map.
        hidden_channels: Of the 3x3 convolutions.
        shared: One separable 3x3 before all four 1x1 (the fast form).
        match_channels: Of a :class:`PieceMatcher` that compares the gaps with the piece; None
            for none.
        offset_reach: Farthest offset in cells per axis, that of the codec.
        loss_heatmap: Loss of each score map (pred, target, weight); its ``per_cell`` ranks
            samples.
        loss_peak: Loss of each score map's logits (logits, target, weight), beside
            ``loss_heatmap``; none by default.
        loss_offset: Loss of each offset pair (pred, target, weight).
        loss_angle: Loss of the angle (pred, target, weight).
        loss_decoy: Loss of the decoys (score map, centers, decoys, weights). By default the losses
            of angle and decoys have the weights 0.2 and 1.
        supervised_above: Offsets and angle are trained where the target heatmap exceeds it.
        init_cfg: mmengine's initialization config.
    """

    def __init__(
        self,
        in_channels: int = 128,
        hidden_channels: int = 64,
        shared: bool = False,
        match_channels: int | None = None,
        offset_reach: float = 0.5,
        loss_heatmap: dict | None = None,
        loss_peak: dict | None = None,
        loss_offset: dict | None = None,
        loss_angle: dict | None = None,
        loss_decoy: dict | None = None,
        supervised_above: float = 0.7,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.trunks = _trunks(in_channels, hidden_channels, shared)
        self.outputs = nn.ModuleList(nn.Conv2d(hidden_channels, c, 1) for c in OUTPUTS)
        for output in self.outputs[:2]:
            nn.init.constant_(output.bias, -2.19)  # P = 0.1: the background's loss starts small
        self.matcher = None
        if match_channels is not None:
            self.matcher = PieceMatcher(in_channels, match_channels)
        self.offset_reach = offset_reach
        self.loss_heatmap = _loss(loss_heatmap, CenterFocalLoss())
        self.loss_peak = None if loss_peak is None else MODELS.build(loss_peak)
        self.loss_offset = _loss(loss_offset, MaskedSmoothL1Loss())
        self.loss_angle = _loss(loss_angle, CosineAngleLoss(loss_weight=0.2))
        self.loss_decoy = _loss(loss_decoy, HardNegativeRankingLoss())
        self.supervised_above = supervised_above
        self.sample_losses: Tensor | None = None
        """(N,) mean loss of the score maps of each sample of the last batch, for mining hard
        examples."""

    def forward(self, feats: Sequence[Tensor], valid_mask: Tensor | None = None) -> Tensor:
        """Compute the output.

        Args:
            feats: The neck's map (N, C, h, w).
            valid_mask: 1 where the input shows the image, 0 in the padding, (N, 1, H, W) with
                H = stride h and W = stride w. Defaults to all valid.

        Returns:
            (N, 8, h, w): gap score, piece score, offsets du, dv of gap and piece in cells, sine
            and cosine of the gap's angle.
        """
        cells = _valid_cells(valid_mask, feats[0])
        return self._activate(self._raw(feats[0], cells), cells)

    def _raw(self, x: Tensor, cells: Tensor | None) -> Tensor:
        trunks = [trunk(x) for trunk in self.trunks]
        if len(trunks) < len(self.outputs):
            trunks = trunks * len(self.outputs)
        outputs = [output(trunk) for output, trunk in zip(self.outputs, trunks, strict=True)]
        raw = torch.cat(outputs, dim=1)
        if self.matcher is not None:
            gap = raw[:, :1] + self.matcher(x, _scores(raw[:, 1:2], cells))
            raw = torch.cat([gap, raw[:, 1:]], dim=1)
        return raw

    def _activate(self, raw: Tensor, cells: Tensor | None) -> Tensor:
        scores = _scores(raw[:, :2], cells)
        offsets = self.offset_reach * raw[:, 2:6].tanh()
        return torch.cat([scores, offsets, F.normalize(raw[:, 6:], dim=1)], dim=1)

    def loss(
        self,
        feats: Sequence[Tensor],
        batch_data_samples: list,
        valid_mask: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Compute the losses of a batch.

        Args:
            feats: As in :meth:`forward`.
            batch_data_samples: N samples with the codec's labels.
            valid_mask: As in :meth:`forward`.

        Returns:
            ``loss_gap``, ``loss_piece`` (score maps), ``loss_offset``, ``loss_angle``,
            ``loss_decoy`` and, if there is such a loss, ``loss_peak``. What is not labelled has
            weight 0 in its term.
        """
        cells = _valid_cells(valid_mask, feats[0])
        raw = self._raw(feats[0], cells)
        with torch.autocast(raw.device.type, enabled=False):
            pred = self._activate(raw.float(), cells)
            return self._losses(raw.float(), pred, _collect(batch_data_samples))

    def _losses(self, raw: Tensor, pred: Tensor, labels: dict[str, Tensor]) -> dict[str, Tensor]:
        heatmaps, offsets = labels['heatmaps'], labels['offsets']
        weights = labels['cell_weights'] * labels['keypoint_weights'][:, :, None, None]
        supervised = (heatmaps > self.supervised_above) * weights
        self._note_sample_losses(pred, heatmaps, weights)
        losses = dict(
            loss_gap=self.loss_heatmap(pred[:, :1], heatmaps[:, :1], weights[:, :1]),
            loss_piece=self.loss_heatmap(pred[:, 1:2], heatmaps[:, 1:], weights[:, 1:]),
            loss_offset=sum(
                self.loss_offset(
                    pred[:, 2 + c : 4 + c], offsets[:, c : c + 2], supervised[:, k : k + 1]
                )
                for k, c in enumerate((0, 2))
            ),
            loss_angle=self.loss_angle(
                pred[:, 6:], labels['angle_labels'], supervised[:, :1] * labels['angle_weights']
            ),
            loss_decoy=self.loss_decoy(
                pred[:, :1],
                labels['center_labels'][:, 0],
                labels['decoy_labels'],
                labels['decoy_weights'] * labels['keypoint_weights'][:, :1],
            ),
        )
        if self.loss_peak is not None:
            losses['loss_peak'] = sum(
                self.loss_peak(raw[:, k : k + 1], heatmaps[:, k : k + 1], weights[:, k : k + 1])
                for k in (0, 1)
            )
        return losses

    @torch.no_grad()
    def _note_sample_losses(self, pred: Tensor, heatmaps: Tensor, weights: Tensor) -> None:
        cells = self.loss_heatmap.per_cell(pred[:, :2], heatmaps) * weights
        self.sample_losses = cells.sum(dim=(1, 2, 3)) / (weights.sum(dim=(1, 2, 3)) + 1e-7)

    @torch.no_grad()
    def switch_to_deploy(self, test_cfg: dict | None = None) -> None:
        """Compute all outputs of a shared trunk in one 1x1. A second call changes nothing."""
        if len(self.trunks) == len(self.outputs):
            return
        merged = nn.Conv2d(self.outputs[0].in_channels, sum(OUTPUTS), 1).to(self.outputs[0].weight)
        merged.weight.copy_(torch.cat([output.weight for output in self.outputs]))
        merged.bias.copy_(torch.cat([output.bias for output in self.outputs]))
        self.outputs = nn.ModuleList([merged])


def _trunks(in_channels: int, hidden_channels: int, shared: bool) -> nn.ModuleList:
    if shared:
        return nn.ModuleList([separable_act(in_channels, hidden_channels, act_cfg=RELU)])
    return nn.ModuleList(
        nn.Sequential(nn.Conv2d(in_channels, hidden_channels, 3, 1, 1), nn.ReLU(True))
        for _ in OUTPUTS
    )


def _valid_cells(valid_mask: Tensor | None, x: Tensor) -> Tensor | None:
    """(N, 1, h, w): 1 where a cell of the map ``x`` has a valid pixel, 0 in the padding."""
    if valid_mask is None:
        return None
    stride = valid_mask.shape[-1] // x.shape[-1]
    # 1 from one valid pixel of a cell on; a comparison is not among ncnn's layers
    return (stride**2 * F.avg_pool2d(valid_mask, stride)).clamp(max=1)


def _scores(logits: Tensor, cells: Tensor | None) -> Tensor:
    scores = logits.sigmoid()
    return scores if cells is None else scores * cells


def _loss(cfg: dict | None, default: nn.Module) -> nn.Module:
    return default if cfg is None else MODELS.build(cfg)


def _collect(samples: list) -> dict[str, Tensor]:
    """Stack the labels of N samples; decoys are padded to the longest list with weight 0."""
    fields = ('heatmaps', 'offsets', 'cell_weights')
    labels = {key: torch.stack([s.gt_fields.get(key) for s in samples]) for key in fields}
    for key in ('center_labels', 'keypoint_weights', 'angle_labels'):
        labels[key] = torch.cat([s.gt_instance_labels.get(key) for s in samples])
    angles = torch.cat([s.gt_instance_labels.angle_weights for s in samples])
    labels['angle_weights'] = angles[:, :, None, None]
    for key in ('decoy_labels', 'decoy_weights'):
        lists = [s.gt_instance_labels.get(key)[0] for s in samples]
        labels[key] = pad_sequence(lists, batch_first=True)
    return labels
