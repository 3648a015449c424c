from __future__ import annotations

from pathlib import Path

import numpy as np

from pfld_mm.core.image import read_image
from pfld_mm.datasets.face.unusable_sample import UnusableSample


def read_usable_image(path: str | Path, source: str = '') -> np.ndarray:
    """Read an image of a training set, (H, W, 3) uint8 BGR.

    Args:
        path: Of the image.
        source: File and line that name it, for the message.

    Raises:
        UnusableSample: If it is missing, broken or too large: training takes another one.
    """
    try:
        return read_image(path)
    except (OSError, ValueError) as error:
        raise UnusableSample(f'{source}: {error}' if source else str(error)) from None
