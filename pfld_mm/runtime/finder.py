from __future__ import annotations

from typing import Protocol

import numpy as np

from pfld_mm.core.finder.found_faces import FoundFaces


class Finder(Protocol):
    """Anything that finds faces: a function of an image.

    Several threads may call it at once: what keeps a state must lock it.
    """

    def __call__(self, image: np.ndarray) -> FoundFaces | np.ndarray:
        """Find the faces of an image (H, W, 3) uint8 BGR.

        Returns:
            The faces, the largest first; or only their boxes (F, 4) float32 x_min, y_min, x_max,
            y_max, as tight as the box around the landmarks (brows to chin), for upright faces.
        """
        ...
