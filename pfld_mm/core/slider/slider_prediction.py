from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SliderPrediction:
    """The cascade's answer in the network's input.

    Attributes:
        points: Centers of gap and piece in pixels of the input, whose corner is at (0, 0), (2, 2).
        scores: Of both, in 0..1, (2,).
        angle: Of the gap in radians.
        match_logit: Of the pair, None without a verifier or where no pair was proposed.
        found: Whether a piece and a gap match surely; else the points are the best guess. Without a
            verifier this is not known and always true.
    """

    points: np.ndarray
    scores: np.ndarray
    angle: float
    match_logit: float | None = None
    found: bool = True
