"""A second look at the likeliest pairs of piece and gap: do they match, and where exactly?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pfld_mm.core.slider.decode import point_of
from pfld_mm.core.slider.template_match import align_piece

SQUARE = 160
"""Side of the squares around piece and gap, in pixels of the input."""
PEAKS = 12
"""Peaks of each heatmap that pairs are made of."""
APART = 24
"""Pixels of the input around a peak, on both axes, that hold no other."""
PAIRS = 24
"""Pairs that are looked at where the hottest one is no sure match."""
ROW = 24.0
"""Pixels of the input by which the heights of piece and gap may differ: a piece slides sideways."""
BEFORE = 16.0
"""Pixels of the input by which the piece is left of its gap, at least."""
HEAT_WEIGHT = 0.25
"""Of the logarithm of the heats beside the logit of a match."""
SURE = 5.0
"""Logit of a match from which on less likely pairs are no rivals, and are not looked at."""

AWAY = 1.0
"""Pixels of the input by which two views of a pair may differ; else there are three more."""
MIRRORED = ((True, False), (False, False), (False, True), (True, True))
"""In x and in y, the views after the first one."""
UPRIGHT = math.radians(3)
"""Gaps that the second look sees turned further are not laid over: they show another edge."""

Network = Callable[[np.ndarray], np.ndarray]
"""Squares (P, 6, 160, 160) -> (P, 10), as `pfld_mm.models.heads.pair_verifier.PairVerifier`."""
FirstLook = Callable[[], np.ndarray]
"""Gives an output of the first network, (8, h, w) as `decode_slider` reads it."""
Answer = tuple[np.ndarray, np.ndarray, float]
"""Gap and piece (2, 2), their scores (2,), the angle in radians, as of `decode_slider`."""
Corners = tuple[int, int, int, int]
"""Left and top of the piece's square and of the gap's, in pixels of the input."""


@dataclass(frozen=True)
class Peak:
    """A hot cell of a heatmap.

    Attributes:
        x: Of the center that it points at, in pixels of the input.
        y: The same.
        heat: In 0..1.
    """

    x: float
    y: float
    heat: float


@dataclass(frozen=True)
class Pair:
    """A piece and a gap in one row that may belong together."""

    piece: Peak
    gap: Peak

    @property
    def row(self) -> float:
        """Y of both in pixels of the input, the mean by heat."""
        peaks = (self.piece, self.gap)
        return sum(peak.heat * peak.y for peak in peaks) / sum(peak.heat for peak in peaks)

    @property
    def heat(self) -> float:
        """Sum of the logarithms of both heats."""
        return math.log(self.piece.heat) + math.log(self.gap.heat)

    @property
    def corners(self) -> Corners:
        """Of the squares around both."""
        return square_corners(self.piece.x, self.gap.x, self.row)

    def upside_down(self, height: int) -> Pair:
        """The same in an input of that height that is mirrored, top and bottom."""
        piece, gap = (replace(peak, y=height - peak.y) for peak in (self.piece, self.gap))
        return Pair(piece, gap)


def find_pairs(output: np.ndarray, stride: int, most: int = PAIRS) -> list[Pair]:
    """The hottest pairs of a piece and a gap to the right of it in the same row.

    Args:
        output: (8, h, w), as `decode_slider` reads it, heat 0 in the padding.
        stride: Pixels of the input that a cell spans.
        most: How many, at most.
    """
    gaps, pieces = (_peaks(output, index, stride) for index in (0, 1))
    pairs = [
        Pair(piece, gap)
        for gap in gaps
        for piece in pieces
        if abs(gap.y - piece.y) <= ROW and piece.x < gap.x - BEFORE
    ]
    return sorted(pairs, key=lambda pair: -pair.heat)[:most]


def refine(
    picture: np.ndarray,
    output: np.ndarray,
    first: Callable[[], Answer],
    network: Network | None = None,
    mirrored: FirstLook | None = None,
) -> Answer:
    """What comes after the first look: the second one, then the piece laid over its gap.

    Args:
        picture: The network's input, RGB (H, W, 3) uint8.
        output: The network's output (8, h, w), heat 0 in the padding.
        first: Gives what `decode_slider` reads from it, the answer where no pair matches.
        network: The second one, None where there is none.
        mirrored: As of `look_again`.

    Returns:
        As `decode_slider`.
    """
    again = None if network is None else look_again(picture, output, network, mirrored)
    points, scores, angle = first() if again is None else again
    if again is None and network is not None:
        points = measure_gap(picture, points, network)
    if again is None or abs(angle) <= UPRIGHT:
        points = align_piece(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), points)
    return points, scores, angle


def look_again(
    picture: np.ndarray,
    output: np.ndarray,
    network: Network,
    mirrored: FirstLook | None = None,
) -> Answer | None:
    """Look at the likeliest pairs again and answer with the one that matches best.

    That one is looked at once more, with squares around what was found, mirrored: two views of the
    same edges, of which the answer is the mean. Where they differ, three more views are taken.

    Args:
        picture: The network's input, RGB (H, W, 3) uint8.
        output: The network's output (8, h, w), heat 0 in the padding.
        network: Judges and measures pairs.
        mirrored: The first network's output for the input mirrored top and bottom, asked for
            where no pair is a sure match: what it misses in the one it often sees in the other.

    Returns:
        As `decode_slider`; None where no pair matches.
    """
    turns = _turns(output, picture.shape[1] // output.shape[2], picture.shape[0], mirrored)
    match = _best_match(picture, turns, network)
    if match is None:
        return None
    pair, answer = match
    (piece, gap), angle = _measure(picture, answer, pair.corners, network)
    row = (piece[1] + gap[1]) / 2
    scores = np.array([pair.gap.heat, pair.piece.heat])
    return np.array([[gap[0], row], [piece[0], row]]), scores, angle


def _turns(
    output: np.ndarray, stride: int, height: int, mirrored: FirstLook | None
) -> Iterator[list[Pair]]:
    """Pairs to judge in turn, each list where those before it have no sure match."""
    pairs = find_pairs(output, stride)
    yield pairs[:1]
    yield pairs[1:]
    if mirrored is not None:
        yield [pair.upside_down(height) for pair in find_pairs(mirrored(), stride)]


def _best_match(
    picture: np.ndarray, turns: Iterator[list[Pair]], network: Network
) -> tuple[Pair, np.ndarray] | None:
    """The pair that matches best and what the network says of it, (10,); None where none does."""
    judged: list[tuple[Pair, np.ndarray]] = []
    for pairs in turns:
        if pairs:
            answers = network(_cut_all(picture, [pair.corners for pair in pairs]))
            judged += zip(pairs, answers, strict=True)
        if any(answer[8] >= SURE for _, answer in judged):
            break
    matches = [(pair, answer) for pair, answer in judged if answer[8] >= 0]
    return max(matches, key=lambda match: match[1][8] + HEAT_WEIGHT * match[0].heat, default=None)


def _measure(
    picture: np.ndarray, answer: np.ndarray, corners: Corners, network: Network
) -> tuple[np.ndarray, float]:
    """Centers of piece and gap (2, 2) and the gap's angle, the median of several views of them.

    Args:
        picture: The network's input, RGB (H, W, 3) uint8.
        answer: What the network said of the first view, (10,).
        corners: Of the first view's squares.
        network: Measures the others.
    """
    once = _places(answer, corners)
    around = square_corners(once[0], once[2], (once[1] + once[3]) / 2)
    (squares,) = _cut_all(picture, [around])
    views = [once, *_mirrored_views(squares, around, network, MIRRORED[:1])]
    if np.abs(views[1] - views[0])[:4].max() > AWAY:
        views += _mirrored_views(squares, around, network, MIRRORED[1:])
    middle = np.median(views, axis=0)
    return middle[:4].reshape(2, 2), float(middle[4])


def _mirrored_views(
    squares: np.ndarray, corners: Corners, network: Network, ways: Sequence[tuple[bool, bool]]
) -> list[np.ndarray]:
    """What `_places` gives for squares (6, 160, 160) that are mirrored in several ways."""
    seen = [squares[:, :: -1 if y else 1, :: -1 if x else 1] for x, y in ways]
    answers = network(np.ascontiguousarray(np.stack(seen)))
    return [_places(answer, corners, way) for answer, way in zip(answers, ways, strict=True)]


def measure_gap(picture: np.ndarray, points: np.ndarray, network: Network) -> np.ndarray:
    """Look at the gap alone, where no piece matches; in place of one any part of its row.

    Args:
        picture: The network's input, RGB (H, W, 3) uint8.
        points: Gap and piece, (2, 2).
        network: Measures it.

    Returns:
        Both, (2, 2), the gap where its edges are, the piece in its row.
    """
    (x, y), (piece, _) = points
    corners = square_corners(x / 2, x, y)
    (answer,) = network(_cut_all(picture, [corners]))
    gap_x, row = _places(answer, corners)[2:4]
    return np.array([[gap_x, row], [piece, row]])


def _places(
    answer: np.ndarray, corners: Corners, mirrored: tuple[bool, bool] = (False, False)
) -> np.ndarray:
    """Where piece and gap are in the input: x and y of both centers, the gap's angle, (5,).

    Args:
        answer: The network's, (10,).
        corners: Of the squares.
        mirrored: Whether the network saw them mirrored in x and in y.
    """
    centers = answer[:8].astype(np.float64).reshape(2, 2, 2).mean(axis=1)
    centers = np.where(mirrored, SQUARE - centers, centers) + np.reshape(corners, (2, 2))
    return np.append(centers, answer[9] * (-1 if mirrored[0] != mirrored[1] else 1))


def square_corners(piece: float, gap: float, row: float) -> Corners:
    """Left and top of the squares around piece and gap, in pixels of the input."""
    left, top, gap_left = (round(place - SQUARE / 2) for place in (piece, row, gap))
    return left, top, gap_left, top


def _peaks(output: np.ndarray, index: int, stride: int) -> list[Peak]:
    """The hottest cells of map `index` (0 gap, 1 piece), hottest first."""
    heat, peaks, apart = output[index].copy(), [], APART // stride
    for _ in range(PEAKS):
        row, column = divmod(int(heat.argmax()), heat.shape[1])
        hottest = float(heat[row, column])
        if hottest <= 0:
            break
        peaks.append(Peak(*point_of(output, index, row, column, stride), hottest))
        heat[max(0, row - apart) : row + apart + 1, max(0, column - apart) : column + apart + 1] = 0
    return peaks


def cut_squares(picture: np.ndarray, corners: Corners) -> np.ndarray:
    """The squares of piece and gap, (6, 160, 160), black beyond the picture.

    Args:
        picture: The input, RGB (H, W, 3) uint8.
        corners: As `square_corners` gives them.
    """
    height, width = picture.shape[:2]
    planes = []
    for left, top in (corners[:2], corners[2:]):
        square = np.zeros((SQUARE, SQUARE, 3), np.uint8)
        rows = slice(max(0, top), min(height, top + SQUARE))
        columns = slice(max(0, left), min(width, left + SQUARE))
        if rows.start < rows.stop and columns.start < columns.stop:
            inner = square[
                rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
            ]
            inner[:] = picture[rows, columns]
        planes += cv2.split(square)
    return np.stack(planes)


def _cut_all(picture: np.ndarray, corners: list[Corners]) -> np.ndarray:
    """The squares of P pairs, (P, 6, 160, 160) float32 in [0, 1]."""
    return np.stack([cut_squares(picture, one) for one in corners]) / np.float32(255)
