"""Measures drawn shapes."""

import numpy as np


def moments(alpha):
    """Center of gravity (x, y) of a mask (H, W); pixel centers are at a half."""
    y, x = np.mgrid[: alpha.shape[0], : alpha.shape[1]] + 0.5
    return (alpha * x).sum() / alpha.sum(), (alpha * y).sum() / alpha.sum()
