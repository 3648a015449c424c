from __future__ import annotations

import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from torch import Tensor, nn

from pfld_mm.core.slider.cascade import SQUARE
from pfld_mm.models.layers.conv_block import ConvBlock
from pfld_mm.models.layers.layout import fastest_layout
from pfld_mm.models.losses.edge_distribution_loss import EdgeDistributionLoss

WINDOW = 5
"""Bins to either side of the likeliest one that an edge's place is the mean of: where two edges
come into question, the mean of all bins would be neither."""
ANGLE_BETA = 0.05
"""Radians from which on the angle's loss is linear: three degrees."""


class ResidualConv(nn.Module):
    """``ReLU(x + BN(3x3(x)))``, (N, C, H, W) to the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = ConvBlock(channels, channels, 3, 1, 1, is_linear=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, H, W)."""
        return F.relu(x + self.block(x))


class EdgeProfile(nn.Module):
    """Distributions of four places along one axis: low and high edge of piece and of gap.

    Mean and maximum over the other axis turn the map into a row of features: the maximum of the
    masks is where the shapes reach. Three 1-D convolutions, the first with a vector of the whole
    picture added, give logits of its bins.

    Args:
        channels: Of the map.
        hidden: Of the row's features.
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(2 * channels, hidden, 5, padding=2)
        self.second = nn.Conv1d(hidden, hidden, 5, padding=2)
        self.logits = nn.Conv1d(hidden, 4, 3, padding=1)

    def forward(self, x: Tensor, context: Tensor, over: int) -> Tensor:
        """Map (N, C, B, B) and context (N, hidden) to logits (N, 4, B), pooled over axis `over`."""
        window = (SQUARE // 2, 1) if over == 2 else (1, SQUARE // 2)
        # pooling keeps channels_last backwards, where mean and amax would not
        pooled = torch.cat([F.avg_pool2d(x, window), F.max_pool2d(x, window)], dim=1)
        row = pooled.squeeze(over)
        row = F.relu(self.first(row) + context[:, :, None])
        return self.logits(F.relu(self.second(row)))


@MODELS.register_module()
class PairVerifier(nn.Module):
    """Looks at a piece and a gap side by side: do they match, and where are their edges?

    The two squares go in as six channels, so that every layer sees both. A small encoder and
    decoder of 3x3 convolutions ends in masks of both shapes, which it learns beside the rest: a
    label for every pixel. The edges of both bounding boxes are read from them and the features
    under them, as expectations of distributions along the axes (side-aware boundary
    localization, Wang et al., 2020).

    Args:
        channels: At strides 2, 4, 8 and 16 of the squares.
        hidden: Of the edges' features.
        loss_edge: Loss of the edges (logits, target, weight, bin size).
    """

    def __init__(
        self,
        channels: tuple[int, int, int, int] = (16, 32, 64, 96),
        hidden: int = 64,
        loss_edge: dict | None = None,
    ) -> None:
        super().__init__()
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
        self.judge = nn.Sequential(nn.Linear(coarse, 2 * hidden), nn.ReLU())
        self.context = nn.Linear(2 * hidden, hidden)
        self.columns, self.rows = (EdgeProfile(finest + 2, hidden) for _ in range(2))
        self.match = nn.Linear(2 * hidden, 1)
        self.angle = nn.Linear(2 * hidden, 1)
        self.loss_edge = EdgeDistributionLoss() if loss_edge is None else MODELS.build(loss_edge)

    def forward(self, squares: Tensor) -> Tensor:
        """Judge and measure pairs.

        Args:
            squares: RGB of the squares around piece and gap in [0, 1], (P, 6, 160, 160).

        Returns:
            (P, 10): x1, y1, x2, y2 of the piece's box, the same of the gap's, in pixels of
            their squares; the logit of their being a pair; the gap's angle in radians.
        """
        logits, match, angle, _ = self._raw(squares)
        return torch.cat([self._edges(logits), match, angle], dim=1)

    def loss(self, squares: Tensor, labels: dict[str, Tensor]) -> dict[str, Tensor]:
        """Compute the losses of P pairs.

        Args:
            squares: As in :meth:`forward`.
            labels: ``boxes`` (P, 8), as the answer has them, with ``box_weights`` (P, 8), which
                are those of the masks, too; ``masks`` of piece and gap (P, 2, 80, 80) in
                0..255; ``matches`` (P,) in {0, 1} with ``match_weights``; ``angles`` (P,) with
                ``angle_weights``.

        Returns:
            ``loss_edges``, ``loss_edges_l1`` (expectations, pixels of the squares),
            ``loss_masks``, ``loss_match``, ``loss_pair_angle``.
        """
        logits, match, angle, masks = (one.float() for one in self._raw(squares))
        boxes, weights = labels['boxes'], labels['box_weights']
        distances = (self._edges(logits) - boxes).abs().clamp(max=SQUARE / 8)
        matches = F.binary_cross_entropy_with_logits(
            match[:, 0], labels['matches'], reduction='none'
        )
        inside = F.binary_cross_entropy_with_logits(
            masks, labels['masks'] / 255, reduction='none'
        ).mean((2, 3))
        angles = F.smooth_l1_loss(angle[:, 0], labels['angles'], reduction='none', beta=ANGLE_BETA)
        return dict(
            loss_edges=self.loss_edge(logits, boxes, weights, SQUARE / logits.shape[-1]),
            loss_edges_l1=0.1 * _mean(distances, weights),
            loss_masks=4 * _mean(inside, weights[:, ::4]),
            loss_match=_mean(matches, labels['match_weights']),
            loss_pair_angle=3 * _mean(angles, labels['angle_weights']),
        )

    def _raw(self, squares: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of the bins (P, 8, B) in the answer's order and of the match, angle, masks."""
        finest = self.finest(fastest_layout(squares))
        fine = self.fine(finest)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        middle = self.smooth_middle(middle + _twice(self.to_middle(coarse)))
        fine = self.smooth_fine(fine + _twice(self.to_fine(middle)))
        finest = self.smooth_finest(finest + _twice(self.to_finest(fine)))
        judged = self.judge(coarse.mean((2, 3)))
        context = self.context(judged)
        masks = self.masks(finest)
        shapes = torch.cat([finest, masks], dim=1)
        columns, rows = self.columns(shapes, context, 2), self.rows(shapes, context, 3)
        order = [part[:, k : k + 1] for k in range(4) for part in (columns, rows)]
        return torch.cat(order, dim=1), self.match(judged), self.angle(judged), masks

    @staticmethod
    def _edges(logits: Tensor) -> Tensor:
        count = logits.shape[-1]
        bins = torch.arange(count, device=logits.device)
        near = (bins - logits.argmax(dim=-1, keepdim=True)).abs() <= WINDOW
        shares = logits.masked_fill(~near, -1e4).softmax(dim=-1)
        return shares @ ((bins + 0.5).to(logits.dtype) * (SQUARE / count))


def _stage(in_channels: int, channels: int) -> nn.Module:
    """Half the size, then two residual convolutions."""
    return nn.Sequential(
        ConvBlock(in_channels, channels, 3, 2, 1), ResidualConv(channels), ResidualConv(channels)
    )


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode='nearest')


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / (weights.sum() + 1e-7)
