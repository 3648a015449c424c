from __future__ import annotations

from torch import Tensor

UNITS = ('normalised', 'pixel')


def check_unit(unit: str, input_size: tuple[int, int] | None) -> None:
    """Raise a ValueError unless ``unit`` is known and, for pixels, ``input_size`` is given."""
    if unit not in UNITS:
        raise ValueError(f"unit must be one of {UNITS}, got '{unit}'")
    if unit == 'pixel' and input_size is None:
        raise ValueError("unit='pixel' needs input_size=(w, h), the size of the network's input")


def absolute_error(
    output: Tensor,
    target: Tensor,
    target_weight: Tensor | None,
    unit: str,
    input_size: tuple[int, int] | None,
) -> Tensor:
    """``|output - target|`` (N, K, 2) in the loss's unit, times the weight of each point.

    Args:
        output: Predicted coordinates (N, K, 2), divided by the input's (w, h).
        target: True coordinates (N, K, 2), likewise.
        target_weight: (N, K, 1), or None for all ones.
        unit: 'normalised' leaves the coordinates as they are, 'pixel' multiplies by (w, h).
        input_size: (w, h) in pixels, for 'pixel'.
    """
    error = (output - target).abs()
    if unit == 'pixel':
        error = error * error.new_tensor(input_size)
    return error if target_weight is None else error * target_weight
