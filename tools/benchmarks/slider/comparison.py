"""Runs several methods over the same puzzles, in turn and in one process."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from benchmarks.slider.image_set import Box, ImageSet, Point, SliderImage

THRESHOLDS = (1, 2, 3, 5, 7)
DECOY_RADIUS = 20.0
"""In px. An answer is on a decoy if it is within this distance of it and nearer to it than to the
gap."""


@dataclass(frozen=True)
class Method:
    """A way to find the gap.

    Attributes:
        name: For the table.
        locate: Takes a BGR image and the piece's box, returns the gap's center or None; y is
            NaN where the method tells x alone.
        needs_box: Whether it is left out where the piece's box is not known.
    """

    name: str
    locate: Callable[[np.ndarray, Box | None], Point | None]
    needs_box: bool = False

    def able(self, case: SliderImage) -> bool:
        """Whether the method has what it needs."""
        return case.piece is not None or not self.needs_box


@dataclass(frozen=True)
class Answer:
    """The answer of a method to one puzzle.

    Attributes:
        index: Of the puzzle in its set.
        point: The answer in px, None if there was none.
        error: Distance (dx, dy) from the true gap in px, infinite without an answer; dy is 0
            where the method tells x alone.
        on_decoy: Whether it is on a decoy, None if the puzzle has none.
        on_piece: Whether it is on the piece instead of the gap, None if its box is not known.
    """

    index: int
    point: Point | None
    error: Point
    on_decoy: bool | None
    on_piece: bool | None

    @property
    def distance(self) -> float:
        """Euclidean distance from the true gap in px."""
        return float(np.hypot(*self.error))


def answer_all(images: ImageSet, methods: list[Method]) -> dict[str, list[Answer]]:
    """Every method's answer to every puzzle of a set that it is able to try."""
    answers: dict[str, list[Answer]] = {method.name: [] for method in methods}
    for index in range(images.count):
        case = images.get(index)
        for method in methods:
            if method.able(case):
                point = method.locate(case.image, case.piece)
                answers[method.name].append(_judge(index, case, point))
    return answers


def _judge(index: int, case: SliderImage, point: Point | None) -> Answer:
    if point is None:
        missed = [False if known else None for known in (case.decoys, case.piece)]
        return Answer(index, None, (np.inf, np.inf), *missed)
    x, y = point[0], case.gap[1] if np.isnan(point[1]) else point[1]
    error = float(x - case.gap[0]), float(y - case.gap[1])
    on_decoy = on_piece = None
    if case.decoys:
        nearest = np.hypot(*(np.array(case.decoys) - (x, y)).T).min()
        on_decoy = bool(nearest <= DECOY_RADIUS and nearest < np.hypot(*error))
    if case.piece:
        x1, y1, x2, y2 = case.piece
        on_piece = bool(x1 <= x <= x2 and y1 <= y <= y2)
    return Answer(index, point, error, on_decoy, on_piece)


def summarise(answers: list[Answer]) -> dict[str, float | int | None]:
    """The figures of one method on one set.

    Returns:
        ``images``; the ratios ``hit@t`` of answers within t px of the gap and ``x_hit@t`` of
        those whose x is (the slider's answer); ``p95``, ``bias_x`` and ``bias_y`` (medians of the
        signed errors) in px, None if infinite; ``no_answer``; ``on_decoy`` and
        ``on_piece`` (of the puzzles with decoys or a known piece, None without). Empty if there is
        no answer at all.
    """
    if not answers:
        return {}
    distances = np.array([answer.distance for answer in answers])
    errors = np.array([answer.error for answer in answers])
    across = np.abs(errors[:, 0])
    p95 = np.percentile(distances, 95, method='higher')  # linear would make inf - inf
    return dict(
        images=len(answers),
        **{f'hit@{t}': float((distances <= t).mean()) for t in THRESHOLDS},
        **{f'x_hit@{t}': float((across <= t).mean()) for t in THRESHOLDS},
        p95=_finite(p95),
        bias_x=_finite(np.median(errors[:, 0])),
        bias_y=_finite(np.median(errors[:, 1])),
        no_answer=float(np.mean([answer.point is None for answer in answers])),
        on_decoy=_mean([answer.on_decoy for answer in answers]),
        on_piece=_mean([answer.on_piece for answer in answers]),
    )


def _mean(values: list[bool | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def time_all(
    images: ImageSet, methods: list[Method], count: int, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Latency of each method, image after image, the methods in random order.

    Each call is timed after one on the same image that is not, which brings a network's weights
    back into the cache, as they are for a user of that method alone.

    Returns:
        For each method medians over the images in ms: ``median_ms`` of the wall clock and
        ``cpu_ms`` of the process's time, which other processes disturb less.
    """
    rng = np.random.default_rng(seed)
    times: dict[str, list[tuple[float, float]]] = {method.name: [] for method in methods}
    gc.disable()
    try:
        for index in range(min(count, images.count)):
            case = images.get(index)
            for number in rng.permutation(len(methods)):
                if methods[number].able(case):
                    times[methods[number].name].append(_time(methods[number], case))
    finally:
        gc.enable()
    found = {name: np.median(pairs, axis=0) * 1e3 for name, pairs in times.items() if pairs}
    return {name: dict(median_ms=float(m), cpu_ms=float(c)) for name, (m, c) in found.items()}


def _time(method: Method, case: SliderImage) -> tuple[float, float]:
    method.locate(case.image, case.piece)
    start, used = time.perf_counter(), time.process_time()
    method.locate(case.image, case.piece)
    return time.perf_counter() - start, time.process_time() - used
