"""Proves with a golden pair that this machine computes the same as the exporting one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pfld_mm.runtime.golden_pair import GoldenPair

BOUND = 0.05
BOUNDS = {'bf16': 0.5, 'fp16': 0.5, 'int8': 2.0}
"""Wider ones for forms of a model that are inexact by nature."""
OWN_BOUND = 0.25
"""For a form whose own output is known, int8: it is exact but for the rounding of single steps. On
a processor where its sums saturate it would be half a pixel off and more."""
INPUT_BOUND = 1e-4
"""Rounding of (x - mean) / std, on a scale of about 1; an 8-bit step is 4e-3."""


def check_golden_pair(
    golden: GoldenPair,
    tensor: np.ndarray,
    to_pixels: Callable[[np.ndarray], np.ndarray],
    inference: Callable[[np.ndarray], np.ndarray],
    backend: str,
    bound: float | None,
) -> float:
    """Compare what this machine makes of the golden image with what it must be.

    Args:
        golden: The golden pair.
        tensor: What the golden image became here.
        to_pixels: Takes an output of the model to points in pixels.
        inference: The model.
        backend: Its name; int8, fp16 and bf16 have wider bounds by default.
        bound: Largest difference allowed in pixels, None for the default.

    Returns:
        The largest difference in pixels.

    Raises:
        RuntimeError: if input or points differ by more than they may.
        ValueError: if the golden pair is of another shape.
    """
    if golden.input.shape != tensor.shape:
        raise ValueError(
            f'golden.npz: expected an input of shape {tensor.shape}, found {golden.input.shape}; '
            'it is of another model: export again'
        )
    scale = max(1.0, float(np.abs(golden.input).max()))
    difference = float(np.abs(tensor - golden.input).max()) / scale
    if not difference <= INPUT_BOUND:
        raise RuntimeError(
            f'self-test failed: the golden image becomes another input here (difference '
            f'{difference:g} of its range); color order, mean and std of the metadata do not '
            'belong to this model'
        )
    output = inference(np.ascontiguousarray(golden.input, dtype=np.float32))
    expected = golden.outputs.get(backend, golden.output)
    if output.size != expected.size:
        raise ValueError(
            f'golden.npz: expected an output of shape {output.shape}, found '
            f'{expected.shape}; it is of another model: export again'
        )
    if bound is None and backend in golden.outputs:
        bound = OWN_BOUND
    return check_points(to_pixels(output), to_pixels(expected), backend, bound)


def check_points(
    points: np.ndarray, expected: np.ndarray, backend: str, bound: float | None
) -> float:
    """Compare points in pixels with those of the machine that exported the model.

    Returns:
        The largest difference in pixels.

    Raises:
        RuntimeError: if they differ by more than they may, or in number.
    """
    if points.shape != expected.shape:
        raise RuntimeError(
            f'self-test failed: points of shape {points.shape} instead of {expected.shape}; the '
            'model answers otherwise here'
        )
    if not points.size:
        return 0.0
    found = float(np.abs(points - expected).max())
    allowed = BOUNDS.get(backend.rpartition('_')[2], BOUND) if bound is None else bound
    if not found <= allowed:
        raise RuntimeError(
            f'self-test failed: the points differ by {found:g} px from the exported ones, '
            f'{allowed:g} px are allowed with {backend}'
        )
    return found
