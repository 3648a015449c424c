"""The upright crop of a face that recognition and generation models expect."""

from __future__ import annotations

import numpy as np

from pfld_mm.core.crop import crop
from pfld_mm.core.face_markups import MARKUPS, markup_of
from pfld_mm.core.image import as_bgr
from pfld_mm.core.markup import Markup

ARCFACE112 = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
"""Pupils, tip of the nose, corners of the mouth in a crop of 112 px, as InsightFace publishes them
for ArcFace (Deng et al., CVPR 2019)."""

_PLANE = np.array([1, 1j])
"""(x, y) @ _PLANE is the complex number x + iy."""

SIZES = {'arcface112': 112, 'ffhq': 1024}
"""Template -> its usual side in pixels."""


def align(
    image: np.ndarray,
    points: np.ndarray,
    markup: Markup | None = None,
    template: str = 'arcface112',
    size: int | None = None,
) -> np.ndarray:
    """Cut a face out upright; black outside of the image.

    Args:
        image: (H, W, 3) BGR or what ``as_bgr`` takes; channels keep their order.
        points: (K, 2), as ``Face.points``, or the five points themselves, (5, 2).
        markup: What the points are; None: the face mark-up with K points.
        template: ``'arcface112'`` or ``'ffhq'``, see ``align_matrix``.
        size: Side of the crop in pixels; the template's usual one by default.

    Returns:
        (size, size, 3) uint8.

    Raises:
        ValueError: See ``align_matrix``.
    """
    matrix = align_matrix(points, markup, template, size)
    side = SIZES[template] if size is None else size
    return crop(as_bgr(image), matrix, (side, side))


def align_matrix(
    points: np.ndarray,
    markup: Markup | None = None,
    template: str = 'arcface112',
    size: int | None = None,
) -> np.ndarray:
    """The similarity (2, 3) float64 from image pixels to those of the crop.

    ``'arcface112'``: the least-squares similarity (Umeyama, PAMI 1991) of the five points onto
    ``ARCFACE112``, whose numbers grow with ``size / 112``. ``'ffhq'``: the square of Karras et al.
    (CVPR 2019), from the eyes and the corners of the mouth.

    Args:
        points: See ``align``.
        markup: See ``align``.
        template: See ``align``.
        size: See ``align``.

    Raises:
        ValueError: If the template is unknown, the mark-up does not say where the five points are,
            or they are not finite or all the same.
    """
    if template not in SIZES:
        raise ValueError(f'template must be one of {tuple(SIZES)}, found {template!r}')
    size = SIZES[template] if size is None else size
    if size < 1:
        raise ValueError(f'size must be positive, found {size}')
    five = _five_points(points, markup)
    if template == 'ffhq':
        return _ffhq(five, size)
    return similarity(five, ARCFACE112 * size / SIZES[template])


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The least-squares similarity that takes points (N, 2) onto others, without a mirror.

    In the plane Umeyama's solution (PAMI 1991, eq. 40) is a division of complex numbers.

    Returns:
        (2, 3) float64.
    """
    start, end = source.mean(0), target.mean(0)
    x, u = (source - start) @ _PLANE, (target - end) @ _PLANE
    return _matrix(complex(np.vdot(x, u) / np.vdot(x, x).real), start, end)


def _ffhq(five: np.ndarray, size: int) -> np.ndarray:
    """Karras et al., "A style-based generator architecture", CVPR 2019, as their data are cut."""
    right, left, _, *mouth = five @ _PLANE
    eyes = (right + left) / 2
    across, down = left - right, (mouth[0] + mouth[1]) / 2 - eyes
    axis = across - 1j * down  # to the right of the upright face
    if abs(axis) < 1e-6:
        raise ValueError('align: the eyes and the mouth must lie apart and not be mirrored')
    half = max(2.0 * abs(across), 1.8 * abs(down))
    center = eyes + 0.1 * down
    turn = complex(size / (2 * half) * np.conj(axis) / abs(axis))
    middle = np.full(2, (size - 1) / 2)  # pixel centers are whole numbers
    return _matrix(turn, np.array([center.real, center.imag]), middle)


def _matrix(turn: complex, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """``turn`` times (p - start) plus end."""
    linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([linear, end - linear @ start])


def _five_points(points: np.ndarray, markup: Markup | None) -> np.ndarray:
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f'align: expected points of shape (K, 2), found {points.shape}')
    markup = markup or markup_of(len(points))
    if markup is None and len(points) != 5:
        raise ValueError(
            f'align: {len(points)} points are none of the known mark-ups ({sorted(MARKUPS)} '
            'points); give their markup, or the five points'
        )
    if markup is not None and len(points) != markup.num_keypoints:
        raise ValueError(
            f'align: expected the {markup.num_keypoints} points of {markup.name}, found '
            f'{len(points)}'
        )
    five = points if markup is None else markup.five_points(points)
    if not np.isfinite(five).all() or np.ptp(five, axis=0).max() < 1e-6:
        raise ValueError('align: the five points must be finite and not all the same')
    return five
