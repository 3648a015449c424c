from __future__ import annotations

import math

import numpy as np


class OneEuro:
    """The One-Euro filter: smooth at rest, quick in motion.

    A low-pass of first order whose cutoff grows with the speed of the signal.

    Casiez, Roussel and Vogel, "1 EUR filter: a simple speed-based low-pass filter for noisy input
    in interactive systems", CHI 2012, section 3 (equations 1 to 6).

    Args:
        min_cutoff: In Hz, at rest; lower is smoother.
        beta: Hz by which the cutoff grows for each unit of speed; higher lags less.
        derivative_cutoff: In Hz, for the speed. The paper's 1 Hz notices a fast head too late; the
            defaults were chosen on drawn clips of faces that rest, move and turn.
    """

    def __init__(
        self, min_cutoff: float = 0.5, beta: float = 15.0, derivative_cutoff: float = 3.0
    ) -> None:
        if min_cutoff <= 0 or beta < 0 or derivative_cutoff <= 0:
            raise ValueError(
                'OneEuro: expected min_cutoff > 0, beta >= 0, derivative_cutoff > 0, found '
                f'{min_cutoff}, {beta}, {derivative_cutoff}'
            )
        self.min_cutoff = min_cutoff
        self.beta = beta
        self.derivative_cutoff = derivative_cutoff
        self._time: float | None = None
        self._value = np.zeros(0)
        self._speed = np.zeros(0)

    def __call__(self, value: np.ndarray, time: float, unit: float = 1.0) -> np.ndarray:
        """Filter one value of a series.

        Args:
            value: Array of any shape, the same in every call; each element is filtered alone.
            time: In seconds, later than in the call before.
            unit: What speed is measured in, such as the size of the face: so that ``beta`` means
                the same near to the camera and far from it.

        Returns:
            The filtered value, float64.

        Raises:
            ValueError: if the time does not advance.
        """
        value = np.asarray(value, np.float64)
        if self._time is None:
            self._time, self._value, self._speed = time, value, np.zeros_like(value)
            return value
        step = time - self._time
        if not step > 0:
            raise ValueError(f'OneEuro: the time must advance, found {self._time} then {time}')
        # The paper's own implementation takes the speed from the last filtered value.
        speed = (value - self._value) / step
        alpha = _alpha(self.derivative_cutoff, step)
        self._speed = alpha * speed + (1 - alpha) * self._speed
        alpha = _alpha(self.min_cutoff + self.beta * np.abs(self._speed) / unit, step)
        self._value = alpha * value + (1 - alpha) * self._value
        self._time = time
        return self._value


def _alpha(cutoff: np.ndarray | float, step: float) -> np.ndarray | float:
    """Weight of the new value: 1 / (1 + tau / T), tau = 1 / (2 pi cutoff)."""
    return 1 / (1 + 1 / (2 * math.pi * cutoff * step))
