from __future__ import annotations

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F


@MODELS.register_module()
class SimCCBranch(nn.Module):
    """Train-only: every coordinate as a distribution over pixels, from a map (SimCC).

    A 1x1 convolution makes one map for each point, two fully connected layers, shared by the
    points, turn it into one score for each column and each row of the input (Li et al., "SimCC",
    ECCV 2022, arXiv 2107.03332, section 3.2, with one bin a pixel). The backbone so learns where
    a point is from the map itself, which the mean over the map hides.

    It is :class:`PFLDHead`'s ``auxiliary``; the neck's ``auxiliary`` chooses the map.

    Args:
        in_channels: C, channels of the map.
        stride: Pixels of the input for each cell of the map; 8 and 112 px make 14 x 14.
        num_keypoints: K; the head fills it in.
        input_size: (w, h) of the network's input in pixels; the head fills it in.
        sigma: Standard deviation of the target in pixels.
        loss_weight: Factor of the loss.
    """

    def __init__(
        self,
        in_channels: int,
        stride: int,
        num_keypoints: int,
        input_size: tuple[int, int],
        sigma: float = 1.5,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        if sigma <= 0:
            raise ValueError(f'sigma must be positive, got {sigma}')
        w, h = input_size
        self.in_shape = (in_channels, h // stride, w // stride)
        self.sigma = sigma
        self.loss_weight = loss_weight
        self.maps = nn.Conv2d(in_channels, num_keypoints, 1)
        cells = (h // stride) * (w // stride)
        self.columns = nn.Linear(cells, w)
        self.rows = nn.Linear(cells, h)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of the columns and rows.

        Args:
            x: The map (N, C, h / stride, w / stride).

        Returns:
            Logits (N, K, w) and (N, K, h).

        Raises:
            ValueError: If the map has another shape.
        """
        if x.shape[1:] != self.in_shape:
            raise ValueError(
                f'SimCCBranch: expected a map of {self.in_shape} (channels, rows, columns), found '
                f'{tuple(x.shape[1:])}; set in_channels and stride of model.head.auxiliary to '
                "those of the map that the neck's `auxiliary` names"
            )
        maps = self.maps(x).flatten(2)
        return self.columns(maps), self.rows(maps)

    def loss(self, x: Tensor, target: Tensor, target_weight: Tensor) -> dict[str, Tensor]:
        """Kullback-Leibler divergence from Gaussians around the true coordinates.

        Summed over the coordinates of a face, averaged over the faces. A coordinate outside the
        input has no bin and weighs nothing.

        Args:
            x: The map (N, C, h / stride, w / stride).
            target: True coordinates (N, K, 2), divided by the input size.
            target_weight: Weight of every point (N, K, 1).

        Returns:
            ``loss_simcc``.
        """
        weight = target_weight * ((target >= 0) & (target < 1))
        loss = target.new_zeros(())
        for axis, logits in enumerate(self.forward(x)):
            divergence = self._divergence(logits.float(), target[..., axis])
            loss = loss + (divergence * weight[..., axis]).sum(1).mean()
        return dict(loss_simcc=self.loss_weight * loss)

    def _divergence(self, logits: Tensor, target: Tensor) -> Tensor:
        """KL(Gaussian around ``target`` (N, K) || softmax(``logits`` (N, K, bins))), (N, K)."""
        bins = logits.shape[-1]
        centers = torch.arange(bins, device=logits.device) + 0.5
        distance = (centers - bins * target[..., None]) / self.sigma
        truth = F.log_softmax(-0.5 * distance**2, dim=-1)
        found = F.log_softmax(logits, dim=-1)
        return F.kl_div(found, truth, reduction='none', log_target=True).sum(-1)
