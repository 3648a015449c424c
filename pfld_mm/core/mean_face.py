"""A left-right symmetric mean 3-D face for the mark-ups of WFLW (98 points) and 300-W (68 points).

Frame: the origin is the middle between the outer eye corners, x points to the image's right, y
down, z away from the camera (right-handed, the camera frame of a frontal face). One unit is the
distance of the outer eye corners (60-72 in WFLW, 36-45 in 300-W; about 90 mm in an adult).

Only the image-left half and the midline are written down, the other half is their mirror image,
so the symmetry is exact. Widths and heights are round numbers checked against the median of
near-frontal labelled faces; depths are estimates from anatomy (the tip of the nose lies about
48 mm in front of the outer eye corners, the tragus 80 mm behind them).
"""

from collections.abc import Sequence

import numpy as np

Point = tuple[float, float, float]


_CONTOUR: list[Point] = [
    (-0.78, -0.02, 0.92), (-0.78, 0.08, 0.90), (-0.77, 0.18, 0.87), (-0.76, 0.28, 0.82),
    (-0.75, 0.38, 0.76), (-0.73, 0.48, 0.69), (-0.71, 0.58, 0.60), (-0.68, 0.68, 0.50),
    (-0.64, 0.78, 0.40), (-0.59, 0.87, 0.29), (-0.53, 0.96, 0.18), (-0.46, 1.03, 0.08),
    (-0.38, 1.10, 0.00), (-0.29, 1.16, -0.08), (-0.20, 1.20, -0.15), (-0.10, 1.23, -0.21),
    (0.00, 1.24, -0.24),
]  # fmt: skip
_NOSE: list[Point] = [
    (0.00, -0.005, -0.23), (0.00, 0.14, -0.32), (0.00, 0.285, -0.43), (0.00, 0.43, -0.53),
    (-0.178, 0.485, -0.27), (-0.09, 0.505, -0.33), (0.00, 0.525, -0.36),
]  # fmt: skip

HALF_98: dict[int, Point] = {
    **dict(enumerate(_CONTOUR)),
    # brow: upper edge outward -> inward, then the lower edge back
    33: (-0.62, -0.14, 0.00), 34: (-0.51, -0.235, -0.08), 35: (-0.385, -0.245, -0.17),
    36: (-0.27, -0.225, -0.22), 37: (-0.155, -0.19, -0.25), 38: (-0.157, -0.12, -0.25),
    39: (-0.27, -0.145, -0.21), 40: (-0.385, -0.165, -0.155), 41: (-0.51, -0.165, -0.07),
    **dict(enumerate(_NOSE, start=51)),
    # eye: outer corner, upper lid, inner corner (64), lower lid
    60: (-0.50, 0.00, 0.00), 61: (-0.435, -0.043, -0.07), 62: (-0.355, -0.06, -0.115),
    63: (-0.265, -0.045, -0.13), 64: (-0.19, 0.012, -0.10), 65: (-0.275, 0.038, -0.11),
    66: (-0.36, 0.045, -0.095), 67: (-0.433, 0.033, -0.055),
    # outer lip, inner lip
    76: (-0.30, 0.725, -0.15), 77: (-0.19, 0.67, -0.26), 78: (-0.062, 0.652, -0.37),
    79: (0.00, 0.657, -0.375), 87: (-0.22, 0.80, -0.22), 86: (-0.118, 0.865, -0.29),
    85: (0.00, 0.89, -0.315), 88: (-0.275, 0.73, -0.16), 89: (-0.14, 0.708, -0.28),
    90: (0.00, 0.711, -0.365), 95: (-0.142, 0.772, -0.26), 94: (0.00, 0.797, -0.325),
    96: (-0.352, -0.007, -0.10),
}  # fmt: skip

HALF_68: dict[int, Point] = {
    **dict(enumerate(_CONTOUR[::2])),  # 300-W marks every second point of WFLW's contour
    17: (-0.665, -0.135, 0.04), 18: (-0.57, -0.225, -0.03), 19: (-0.425, -0.25, -0.14),
    20: (-0.28, -0.235, -0.21), 21: (-0.135, -0.19, -0.25),
    **dict(enumerate(_NOSE, start=27)),
    36: (-0.50, 0.00, 0.00), 37: (-0.41, -0.05, -0.085), 38: (-0.305, -0.05, -0.125),
    39: (-0.205, 0.02, -0.10), 40: (-0.31, 0.04, -0.105), 41: (-0.415, 0.038, -0.065),
    48: (-0.305, 0.715, -0.15), 49: (-0.195, 0.668, -0.26), 50: (-0.075, 0.648, -0.365),
    51: (0.00, 0.662, -0.375), 59: (-0.20, 0.82, -0.225), 58: (-0.085, 0.873, -0.30),
    57: (0.00, 0.887, -0.315), 60: (-0.26, 0.72, -0.17), 61: (-0.08, 0.708, -0.33),
    62: (0.00, 0.713, -0.365), 67: (-0.08, 0.772, -0.305), 66: (0.00, 0.788, -0.325),
}  # fmt: skip


def mean_face(half: dict[int, Point], flip: Sequence[int]) -> np.ndarray:
    """The whole face from its image-left half and midline.

    Args:
        half: Index -> point; a point on the midline is its own mirror partner.
        flip: The mirror partner of each of the K points.

    Returns:
        (K, 3) float64 in the frame above, read-only; NaN where ``half`` has neither a point nor
        its partner.
    """
    points = np.full((len(flip), 3), np.nan)
    for index, point in half.items():
        points[flip[index]] = np.multiply(point, (-1, 1, 1))
        points[index] = point
    points.setflags(write=False)
    return points
