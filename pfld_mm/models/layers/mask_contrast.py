from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

PARTS = 4
"""Inside, outline, just inside and just outside."""
RIM = 4
"""Width of what is just inside or outside, in pixels of the mask."""


def mask_contrast(x: Tensor, masks: Tensor) -> Tensor:
    """What a map has inside soft masks, on their outlines and on either side of those.

    A shape that is drawn on an image, however faintly, differs from its surroundings all along its
    outline: the means over many pixels tell what no single pixel does.

    Args:
        x: Map (N, C, H, W).
        masks: In 0..1, (N, M, H, W).

    Returns:
        Means of the map, (N, `PARTS` x M x C); 0 where a mask is empty.
    """
    grown, shrunk = _grow(masks), 1 - _grow(1 - masks)
    outline = 4 * masks * (1 - masks)
    parts = torch.cat([masks, outline, masks - shrunk, grown - masks], dim=1)
    # Written as ncnn and OpenCV's DNN read it: no sums over two axes, no products of matrices.
    return torch.cat([_mean(x, part) for part in parts.split(1, dim=1)], dim=1)


def _mean(x: Tensor, weight: Tensor) -> Tensor:
    """Mean (N, C) of a map (N, C, H, W) with weights (N, 1, H, W), which count one pixel more."""
    area = weight.shape[2] * weight.shape[3]
    total, count = F.adaptive_avg_pool2d(x * weight, 1), F.adaptive_avg_pool2d(weight, 1)
    return (total / (count + 1 / area)).flatten(1)


def _grow(masks: Tensor) -> Tensor:
    """Each pixel's maximum over the square of `RIM` pixels around it, one axis after the other."""
    rows = F.max_pool2d(masks, (2 * RIM + 1, 1), stride=1, padding=(RIM, 0))
    return F.max_pool2d(rows, (1, 2 * RIM + 1), stride=1, padding=(0, RIM))
