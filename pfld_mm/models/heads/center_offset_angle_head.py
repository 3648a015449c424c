from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData, PixelData
from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import KEYPOINT_CODECS, MODELS
from mmpose.utils.tensor_utils import to_numpy
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from pfld_mm.core.slider.cascade import refine
from pfld_mm.models.heads.piece_matcher import PieceMatcher
from pfld_mm.models.layers.lite_block import RELU, separable_act
from pfld_mm.models.losses.center_focal_loss import CenterFocalLoss
from pfld_mm.models.losses.cosine_angle_loss import CosineAngleLoss
from pfld_mm.models.losses.hard_negative_ranking_loss import HardNegativeRankingLoss
from pfld_mm.models.losses.masked_smooth_l1_loss import MaskedSmoothL1Loss

OUTPUTS = (1, 1, 4, 2)
"""Channels of gap heatmap, piece heatmap, offsets and angle, in the order of the output."""


@MODELS.register_module()
class CenterOffsetAngleHead(BaseHead):
    """Gap and piece heatmaps, their sub-cell offsets, the gap's angle (seed 004).

    The output is one tensor, so that an exported model is decoded by the codec alone. It is
    3x3 conv, ReLU, 1x1 for each of the four outputs (the document's form), or one separable 3x3
    for all.
    Where the backbone sends its input along, padding gets heat 0, and where the decoder takes
    gap and piece to be in one row, :func:`refine` corrects the answer: a refiner looks at the
    likeliest pairs again, and the piece is laid over its gap.

    Args:
        in_channels: Of the neck's map.
        hidden_channels: Of the 3x3 convolutions.
        shared: One separable 3x3 before all four 1x1 (the fast form).
        match_channels: Of a :class:`PieceMatcher` that compares the gaps with the piece; None
            for none, as in the seed.
        loss_heat: Loss of each heatmap (pred, target, weight); its ``per_cell`` ranks samples.
        loss_peak: Loss of each heatmap's logits (logits, target, weight), beside ``loss_heat``;
            none by default, as in the seed.
        loss_offset: Loss of each offset pair (pred, target, weight).
        loss_angle: Loss of the angle (pred, target, weight).
        loss_decoy: Loss of the decoys (heatmap, centers, decoys, weights). Their weights
            default to the seed's 1, 1, 0.2 and 1.
        supervised_above: Offsets and angle are learnt where Y exceeds it.
        decoder: Config of :class:`CenterOffsetAngleLabel`; its ``offset_reach`` bounds the
            offsets.
        refiner: Config of a :class:`PairVerifier`, trained by :class:`TwoStageSlider`; none by
            default, as in the seed.
        init_cfg: mmengine's initialisation config.

    Raises:
        ValueError: If there is a refiner, but gap and piece need not be in one row.
    """

    def __init__(
        self,
        in_channels: int = 128,
        hidden_channels: int = 64,
        shared: bool = False,
        match_channels: int | None = None,
        loss_heat: dict | None = None,
        loss_peak: dict | None = None,
        loss_offset: dict | None = None,
        loss_angle: dict | None = None,
        loss_decoy: dict | None = None,
        supervised_above: float = 0.7,
        decoder: dict | None = None,
        refiner: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if shared:
            trunks = [separable_act(in_channels, hidden_channels, act_cfg=RELU)]
        else:
            trunks = [
                nn.Sequential(nn.Conv2d(in_channels, hidden_channels, 3, 1, 1), nn.ReLU(True))
                for _ in OUTPUTS
            ]
        self.trunks = nn.ModuleList(trunks)
        self.outputs = nn.ModuleList(nn.Conv2d(hidden_channels, c, 1) for c in OUTPUTS)
        for output in self.outputs[:2]:
            nn.init.constant_(output.bias, -2.19)  # P = 0.1: the background's loss starts small
        self.matcher = None
        if match_channels is not None:
            self.matcher = PieceMatcher(in_channels, match_channels)
        self.loss_heat = _loss(loss_heat, CenterFocalLoss())
        self.loss_peak = None if loss_peak is None else MODELS.build(loss_peak)
        self.loss_offset = _loss(loss_offset, MaskedSmoothL1Loss())
        self.loss_angle = _loss(loss_angle, CosineAngleLoss(loss_weight=0.2))
        self.loss_decoy = _loss(loss_decoy, HardNegativeRankingLoss())
        self.supervised_above = supervised_above
        self.decoder = KEYPOINT_CODECS.build(decoder) if decoder is not None else None
        self.offset_reach = getattr(self.decoder, 'offset_reach', 0.5)
        self.refiner = None if refiner is None else MODELS.build(refiner)
        if self.refiner is not None and not getattr(self.decoder, 'same_row', False):
            raise ValueError('a refiner looks for pairs in one row: set decoder.same_row=True')
        self.sample_losses: Tensor | None = None
        """(N,) mean heatmap loss of each sample of the last batch, for mining hard examples."""

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Compute the output.

        Args:
            feats: The neck's map (N, C, h, w) and, if it comes along, the network's input of RGB
                and valid mask (N, 4, stride h, stride w).

        Returns:
            (N, 8, h, w): gap heat, piece heat, offsets du, dv of gap and piece in cells, sin
            and cos of the gap's angle.
        """
        mask = _mask(feats)
        return self._activate(self._raw(feats[0], mask), mask)

    def _raw(self, x: Tensor, mask: Tensor | None) -> Tensor:
        trunks = [trunk(x) for trunk in self.trunks]
        if len(trunks) < len(self.outputs):
            trunks = trunks * len(self.outputs)
        outputs = [output(trunk) for output, trunk in zip(self.outputs, trunks, strict=True)]
        raw = torch.cat(outputs, dim=1)
        if self.matcher is not None:
            gap = raw[:, :1] + self.matcher(x, _heat(raw[:, 1:2], mask))
            raw = torch.cat([gap, raw[:, 1:]], dim=1)
        return raw

    def _activate(self, raw: Tensor, mask: Tensor | None) -> Tensor:
        heat = _heat(raw[:, :2], mask)
        offsets = self.offset_reach * raw[:, 2:6].tanh()
        return torch.cat([heat, offsets, F.normalize(raw[:, 6:], dim=1)], dim=1)

    def loss(
        self, feats: Sequence[Tensor], batch_data_samples: list, train_cfg: dict | None = None
    ) -> dict[str, Tensor]:
        """Compute the losses of a batch.

        Args:
            feats: As in :meth:`forward`.
            batch_data_samples: N samples with the codec's labels.
            train_cfg: Not used.

        Returns:
            ``loss_gap``, ``loss_piece`` (heatmaps), ``loss_offset``, ``loss_angle``,
            ``loss_decoy`` and, if there is such a loss, ``loss_peak``. What is not labelled has
            weight 0 in its term.
        """
        mask = _mask(feats)
        raw = self._raw(feats[0], mask)
        with torch.autocast(raw.device.type, enabled=False):
            pred = self._activate(raw.float(), mask)
            return self._losses(raw.float(), pred, _collect(batch_data_samples))

    def _losses(self, raw: Tensor, pred: Tensor, labels: dict[str, Tensor]) -> dict[str, Tensor]:
        heat, offsets = labels['heatmaps'], labels['offsets']
        points = labels['keypoint_weights'][:, :, None, None]
        weights = labels['cell_weights'] * points
        near = (heat > self.supervised_above) * weights
        decoys = labels['decoy_weights'] * labels['keypoint_weights'][:, :1]
        with torch.no_grad():
            cells = self.loss_heat.per_cell(pred[:, :2], heat) * weights
            self.sample_losses = cells.sum(dim=(1, 2, 3)) / (weights.sum(dim=(1, 2, 3)) + 1e-7)
        offset_terms = [
            self.loss_offset(pred[:, 2 + c : 4 + c], offsets[:, c : c + 2], near[:, k : k + 1])
            for k, c in enumerate((0, 2))
        ]
        losses = dict(
            loss_gap=self.loss_heat(pred[:, :1], heat[:, :1], weights[:, :1]),
            loss_piece=self.loss_heat(pred[:, 1:2], heat[:, 1:], weights[:, 1:]),
            loss_offset=sum(offset_terms),
            loss_angle=self.loss_angle(
                pred[:, 6:], labels['angle_labels'], near[:, :1] * labels['angle_weights']
            ),
            loss_decoy=self.loss_decoy(
                pred[:, :1], labels['center_labels'][:, 0], labels['decoy_labels'], decoys
            ),
        )
        if self.loss_peak is not None:
            peaks = [
                self.loss_peak(raw[:, k : k + 1], heat[:, k : k + 1], weights[:, k : k + 1])
                for k in (0, 1)
            ]
            losses['loss_peak'] = sum(peaks)
        return losses

    def predict(
        self, feats: Sequence[Tensor], batch_data_samples: list, test_cfg: dict | None = None
    ) -> list[InstanceData] | tuple[list[InstanceData], list[PixelData]]:
        """Locate gap and piece.

        Args:
            feats: As in :meth:`forward`; or a list of two such, the second of the inputs
                mirrored top and bottom, for :func:`look_again`.
            batch_data_samples: Not used: the mask travels with the features.
            test_cfg: ``output_heatmaps=True`` adds the two heatmaps.

        Returns:
            For each picture what :meth:`decode` gives; with heatmaps a second list of
            PixelData ``heatmaps`` (2, h, w).
        """
        feats, *mirrored = [feats] if isinstance(feats[0], Tensor) else feats
        output = self.forward(feats)
        preds = self.decode(output)
        if len(feats) > 1 and self.decoder.same_row:
            outputs = [output, *map(self.forward, mirrored)]
            for pred, picture, *views in zip(preds, feats[1], *outputs, strict=True):
                self._correct(pred, _colours(picture), *(to_numpy(one.float()) for one in views))
        if test_cfg and test_cfg.get('output_heatmaps', False):
            return preds, [PixelData(heatmaps=one[:2].detach()) for one in output]
        return preds

    def _correct(
        self,
        pred: InstanceData,
        colours: np.ndarray,
        output: np.ndarray,
        mirrored: np.ndarray | None = None,
    ) -> None:
        """Look again, lay the piece over the gap; changes ``pred``."""
        first = pred.keypoints[0], pred.keypoint_scores[0], pred.angle[0]
        network = None if self.refiner is None else self._refine
        look = None if mirrored is None else lambda: mirrored
        answer = refine(colours, output, lambda: first, network, look)
        pred.keypoints[0], pred.keypoint_scores[0], pred.angle[0] = answer

    @torch.no_grad()
    def _refine(self, squares: np.ndarray) -> np.ndarray:
        device = next(self.refiner.parameters()).device
        return to_numpy(self.refiner(torch.from_numpy(squares).to(device)).float())

    @torch.no_grad()
    def switch_to_deploy(self, test_cfg: dict | None = None) -> None:
        """Compute all outputs of a shared trunk in one 1x1. A second call changes nothing."""
        if len(self.trunks) == len(self.outputs):
            return
        merged = nn.Conv2d(self.outputs[0].in_channels, sum(OUTPUTS), 1).to(self.outputs[0].weight)
        merged.weight.copy_(torch.cat([output.weight for output in self.outputs]))
        merged.bias.copy_(torch.cat([output.bias for output in self.outputs]))
        self.outputs = nn.ModuleList([merged])

    def decode(self, batch_outputs: Tensor) -> list[InstanceData]:
        """Read the output of :meth:`forward` or of an exported model.

        Args:
            batch_outputs: (N, 8, h, w).

        Returns:
            For each picture ``keypoints`` (1, 2, 2), gap and piece in input pixels,
            ``keypoint_scores`` (1, 2) and ``angle`` (1,) in radians.

        Raises:
            RuntimeError: If the head was built without a decoder.
        """
        if self.decoder is None:
            raise RuntimeError('CenterOffsetAngleHead has no decoder: give its config `decoder`')
        instances = []
        for output in to_numpy(batch_outputs.float()):
            points, scores, angle = self.decoder.decode(output)
            instances.append(InstanceData(keypoints=points, keypoint_scores=scores, angle=angle))
        return instances


def _mask(feats: Sequence[Tensor]) -> Tensor | None:
    """(N, 1, h, w): 1 where a cell has a valid pixel, 0 in the padding."""
    if len(feats) == 1:
        return None
    stride = feats[1].shape[-1] // feats[0].shape[-1]
    # 1 from one valid pixel of a cell on; a comparison is none of ncnn's layers
    return (stride**2 * F.avg_pool2d(feats[1][:, 3:], stride)).clamp(max=1)


def _heat(logits: Tensor, mask: Tensor | None) -> Tensor:
    heat = logits.sigmoid()
    return heat if mask is None else heat * mask


def _colours(picture: Tensor) -> np.ndarray:
    """RGB and mask (4, H, W) in [0, 1] as an RGB picture (H, W, 3) uint8."""
    return to_numpy((255 * picture[:3]).round().byte().permute(1, 2, 0).contiguous())


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
