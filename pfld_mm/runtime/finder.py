from __future__ import annotations

from typing import Protocol

import numpy as np


class Finder(Protocol):
    """Anything that finds faces: a function of an image.

    Several threads may call it at once: what keeps a state must lock it.
    """

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Find the faces of a picture (H, W, 3) uint8 BGR.

        Returns:
            (F, 4) float32 x_min, y_min, x_max, y_max, as tight as the box around the landmarks
            (brows to chin), since the models are trained on such; the largest first.
        """
        ...
