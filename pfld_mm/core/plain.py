from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def rounded(values: ArrayLike | None, decimals: int = 2) -> Any:
    """Numbers as plain Python for JSON, in the same format for all results.

    Args:
        values: A number, an array of any shape, or None.
        decimals: Number of decimals.

    Returns:
        A float, nested lists of floats, or None.
    """
    if values is None:
        return None
    return np.round(np.asarray(values, np.float64), decimals).tolist()
