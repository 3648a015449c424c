from __future__ import annotations

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from pfld_mm.models.layers.conv_block import ConvBlock
from pfld_mm.models.layers.edge_profile import EdgeProfile
from pfld_mm.models.layers.layout import fastest_layout
from pfld_mm.models.layers.mask_contrast import PARTS, mask_contrast
from pfld_mm.models.layers.residual_conv import ResidualConv
from pfld_mm.models.losses.edge_distribution_loss import EdgeDistributionLoss

WINDOW = 5
"""An edge's position is the mean over so many bins on either side of the most probable one. If two
edges are plausible, the mean of all bins would lie between them."""
SHARPNESS, FAR = 1e4, 1e4
"""Logits within 1e-4 of the largest count as likeliest, too; bins outside the window lose 1e4."""
ANGLE_BETA = 0.05
"""Radians from which on the angle's loss is linear: three degrees."""


@MODELS.register_module()
class PairVerifier(BaseModule):
    """Compares a piece with a gap: whether they match, and where their edges are.

    The two square crops go in as six channels, so that every layer sees both. A small encoder and
    decoder of 3x3 convolutions ends in masks of both shapes, which are supervised as well. Whether
    they match is judged from the coarsest map, and from what the finest one and the colors have
    inside the masks, on their outlines and on either side of those (:func:`mask_contrast`): a gap
    may be too faint for any single pixel. The edges of both bounding boxes are read from the masks
    and the features below them, as expectations of distributions along the axes (side-aware
    boundary localization, Wang et al., ECCV 2020, arXiv 1912.04260).

    Args:
        channels: At strides 2, 4, 8 and 16 of the crops.
        hidden_channels: Of the edges' features.
        square_size: Side of a crop in pixels, a multiple of 16.
        loss_edge: Loss of the edges (logits, target, weight, bin size).
        init_cfg: mmengine's initialization config.

    Raises:
        ValueError: If ``square_size`` is no multiple of 16.
    """

    def __init__(
        self,
        channels: tuple[int, int, int, int] = (16, 32, 64, 96),
        hidden_channels: int = 64,
        square_size: int = 160,
        loss_edge: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if square_size % 16:
            raise ValueError(f'square_size must be a multiple of 16, found {square_size}')
        self.square_size = square_size
        finest, fine, middle, coarse = channels
        self.finest = ConvBlock(6, finest, 3, 2, 1)
        self.fine = nn.Sequential(ConvBlock(finest, fine, 3, 2, 1), ResidualConv(fine))
        self.middle = _stage(fine, middle)
        self.coarse = _stage(middle, coarse)
        self.to_middle = nn.Conv2d(coarse, middle, 1)
        self.smooth_middle = ConvBlock(middle, middle, 3, 1, 1)
        self.to_fine = nn.Conv2d(middle, fine, 1)
        self.smooth_fine = ConvBlock(fine, fine, 3, 1, 1)
        self.to_finest = nn.Conv2d(fine, finest, 1)
        self.smooth_finest = nn.Sequential(ConvBlock(finest, finest, 3, 1, 1), ResidualConv(finest))
        self.masks = nn.Conv2d(finest, 2, 1)
        self.judge = nn.Sequential(nn.Linear(coarse, 2 * hidden_channels), nn.ReLU())
        self.context = nn.Linear(2 * hidden_channels, hidden_channels)
        self.columns, self.rows = (
            EdgeProfile(finest + 2, hidden_channels, square_size // 2) for _ in range(2)
        )
        centers = torch.arange(square_size // 2) * 2.0 + 1
        self.register_buffer('bin_centers', centers, persistent=False)
        self.match = nn.Linear(2 * hidden_channels, 1)
        contrasts = 2 * PARTS * (finest + 6)
        self.evidence = nn.Sequential(
            nn.Linear(2 * hidden_channels + contrasts, hidden_channels),
            nn.ReLU(),
            nn.Linear(hidden_channels, 1),
        )
        self.angle = nn.Linear(2 * hidden_channels, 1)
        self.loss_edge = EdgeDistributionLoss() if loss_edge is None else MODELS.build(loss_edge)

    def forward(self, squares: Tensor) -> Tensor:
        """Judge and measure pairs.

        Args:
            squares: RGB of the crops around piece and gap in [0, 1], (P, 6, S, S).

        Returns:
            (P, 10), the columns in the order of ``core.slider.pair_verdict.PAIR_OUTPUTS``: x1, y1,
            x2, y2 of the piece's box, the same of the gap's, in pixels of their squares; the
            logit of the match; the gap's angle in radians.
        """
        logits, match, angle, _ = self._raw(squares)
        return torch.cat([self._edges(logits), match, angle], dim=1)

    def loss(self, squares: Tensor, labels: dict[str, Tensor]) -> dict[str, Tensor]:
        """Compute the losses of P pairs.

        Args:
            squares: As in :meth:`forward`.
            labels: ``boxes`` (P, 8), in the output's order, with ``box_weights`` (P, 8), which
                are those of the masks as well; ``masks`` of piece and gap (P, 2, S / 2, S / 2) in
                0..255; ``matches`` (P,) in {0, 1} with ``match_weights``; ``angles`` (P,) with
                ``angle_weights``.

        Returns:
            ``loss_edges``, ``loss_edges_l1`` (expectations, pixels of the squares),
            ``loss_masks``, ``loss_match``, ``loss_pair_angle``.
        """
        logits, match, angle, masks = (one.float() for one in self._raw(squares))
        boxes, weights = labels['boxes'], labels['box_weights']
        distances = (self._edges(logits) - boxes).abs().clamp(max=self.square_size / 8)
        matches = F.binary_cross_entropy_with_logits(
            match[:, 0], labels['matches'], reduction='none'
        )
        inside = F.binary_cross_entropy_with_logits(
            masks, labels['masks'] / 255, reduction='none'
        ).mean((2, 3))
        angles = F.smooth_l1_loss(angle[:, 0], labels['angles'], reduction='none', beta=ANGLE_BETA)
        bin_size = self.square_size / logits.shape[-1]
        return dict(
            loss_edges=self.loss_edge(logits, boxes, weights, bin_size),
            loss_edges_l1=0.1 * _mean(distances, weights),
            loss_masks=4 * _mean(inside, weights[:, ::4]),
            loss_match=_mean(matches, labels['match_weights']),
            loss_pair_angle=3 * _mean(angles, labels['angle_weights']),
        )

    def _raw(self, squares: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits of the bins (P, 8, S / 2) in the output's order and of the match, angle, masks."""
        finest = self.finest(fastest_layout(squares))
        fine = self.fine(finest)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        middle = self.smooth_middle(middle + _upsample(self.to_middle(coarse)))
        fine = self.smooth_fine(fine + _upsample(self.to_fine(middle)))
        finest = self.smooth_finest(finest + _upsample(self.to_finest(fine)))
        judged = self.judge(coarse.mean((2, 3)))
        context = self.context(judged)
        masks = self.masks(finest)
        shapes = torch.cat([finest, masks], dim=1)
        columns, rows = self.columns(shapes, context, 2), self.rows(shapes, context, 3)
        order = [part[:, k : k + 1] for k in range(4) for part in (columns, rows)]
        match = self.match(judged) + self._evidence(squares, finest, masks, judged)
        return torch.cat(order, dim=1), match, self.angle(judged), masks

    def _evidence(self, squares: Tensor, finest: Tensor, masks: Tensor, judged: Tensor) -> Tensor:
        """What the shapes' surroundings add to the logit of the match (N, 1)."""
        maps = torch.cat([finest, F.avg_pool2d(squares, 2)], dim=1)
        # the masks are trained by their own loss alone
        contrast = mask_contrast(maps, masks.detach().sigmoid())
        return self.evidence(torch.cat([judged, contrast], dim=1))

    def _edges(self, logits: Tensor) -> Tensor:
        """Expectations (P, 8) over the bins around the most probable one, in pixels of the
        squares.
        """
        # Written as ncnn and OpenCV's DNN read it: no ArgMax, no comparison, four axes.
        logits = logits.reshape(-1, 1, 8, self.square_size // 2)
        with torch.no_grad():  # which bins count is no matter of degree: no gradient
            peak = ((logits - logits.amax(dim=-1, keepdim=True)) * SHARPNESS + 1).clamp(min=0)
            window, padding = (1, 2 * WINDOW + 1), (0, WINDOW)
            close = F.max_pool2d(peak, window, stride=1, padding=padding)
            far = (close - 1) * FAR
        probs = (logits + far).softmax(dim=-1)
        return (probs * self.bin_centers.to(logits.dtype)).sum(dim=-1).reshape(-1, 8)


def _stage(in_channels: int, channels: int) -> nn.Module:
    """Half the size, then two residual convolutions."""
    return nn.Sequential(
        ConvBlock(in_channels, channels, 3, 2, 1), ResidualConv(channels), ResidualConv(channels)
    )


def _upsample(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode='nearest')


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / (weights.sum() + 1e-7)
