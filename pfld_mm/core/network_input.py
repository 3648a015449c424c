"""From 8-bit images to the tensor that a model file expects."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pfld_mm.core.model_info import ModelInfo


def network_input(images: Sequence[np.ndarray], info: ModelInfo) -> np.ndarray:
    """Stack images of the network's size: color order, mean and std as the metadata say.

    Args:
        images: N of (h, w, 3) uint8 BGR or (h, w, 4) BGR and mask.
        info: Of the model.

    Returns:
        (N, C, h, w) float32, contiguous.
    """
    width, height = info.input_size
    tensor = np.empty((len(images), info.channels, height, width), np.float32)
    order = (2, 1, 0, 3) if info.color_order == 'RGB' else (0, 1, 2, 3)
    for row, image in zip(tensor, images, strict=True):
        for place, plane in zip(order, cv2.split(image), strict=False):
            row[place] = plane
    if any(info.mean):
        tensor -= np.array(info.mean, np.float32).reshape(1, -1, 1, 1)
    if any(value != 1 for value in info.std):
        tensor /= np.array(info.std, np.float32).reshape(1, -1, 1, 1)
    return tensor
