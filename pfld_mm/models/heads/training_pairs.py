"""Pairs of piece and gap to train a `PairRefiner` on: true ones, moved a little, and false ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pfld_mm.runtime.second_look import HALF, SQUARE, find_pairs, square_corners

FALSE_SHARE = 0.4
"""Of the pairs, where a puzzle has candidates for false ones."""
JITTER = ((3.0, 0.75), (9.0, 0.25))
"""Standard deviations in pixels of the input by which squares are off the centres, with shares."""
MOST_JITTER = 16.0
MATCH, MISS = 18.0, 26.0
"""Pixels of the input: closer than the first on both axes is a match, farther than the second none."""


@dataclass(frozen=True)
class PuzzleLabels:
    """What is known of one puzzle, in pixels of the input.

    Attributes:
        boxes: Of gap and piece, x1, y1, x2, y2, (2, 4).
        known: Whether gap and piece are labelled and wholly in the picture.
        decoys: Centres, (D, 2).
        angle: In radians, None if it is not labelled.
    """

    boxes: np.ndarray
    known: tuple[bool, bool]
    decoys: np.ndarray
    angle: float | None

    @property
    def centres(self) -> np.ndarray:
        """Of gap and piece, (2, 2)."""
        return (self.boxes[:, :2] + self.boxes[:, 2:]) / 2


def draw_pairs(
    rng: np.random.Generator,
    puzzle: PuzzleLabels,
    output: np.ndarray | None,
    count: int,
    width: int,
) -> np.ndarray:
    """Where to look: centres of the squares as x of the piece, x of the gap, y; (count, 3).

    False pairs are those that the first look takes for likely (two of three), and decoys, or any
    place, beside a true one. A puzzle without a piece is looked at with anything as its piece.

    Args:
        rng: Source of chance.
        puzzle: Its gap is known.
        output: Of the first look, (8, h, w), None without one.
        count: How many pairs.
        width: Of the input.
    """
    gap, piece = puzzle.centres
    likely = [
        (pair.piece, pair.gap, pair.row)
        for pair in ([] if output is None else find_pairs(output))
        if not (_near(pair.gap, pair.row, gap) and _near(pair.piece, pair.row, piece))
    ]
    pairs = np.empty((count, 3))
    for row in pairs:
        if not puzzle.known[1]:
            row[:] = rng.uniform(0, gap[0]), gap[0], gap[1]
        elif rng.random() >= FALSE_SHARE:
            row[:] = piece[0], gap[0], gap[1]
        elif likely and rng.random() < 0.65:
            row[:] = likely[rng.integers(len(likely))]
        elif len(puzzle.decoys):
            row[1:] = puzzle.decoys[rng.integers(len(puzzle.decoys))]
            row[0] = piece[0]
        elif rng.random() < 0.5:
            row[:] = piece[0], rng.uniform(piece[0], width), gap[1]
        else:
            row[:] = rng.uniform(0, gap[0]), gap[0], gap[1]
        deviations, shares = zip(*JITTER, strict=True)
        jitter = rng.normal(0, rng.choice(deviations, p=shares), 3)
        row += np.clip(jitter, -MOST_JITTER, MOST_JITTER)
    return pairs


def pair_labels(
    puzzle: PuzzleLabels, corners: tuple[int, int, int, int]
) -> dict[str, np.ndarray | float]:
    """Labels of one pair of squares, as `PairRefiner.loss` wants them.

    Args:
        puzzle: Its gap is known.
        corners: As `square_corners` gives them.
    """
    boxes, weights, near = np.zeros(8), np.zeros(8), []
    for place, index in ((0, 1), (1, 0)):  # the piece comes first
        corner = HALF * np.array(corners[2 * place : 2 * place + 2])
        away = np.abs(puzzle.centres[index] - corner - HALF * SQUARE / 2).max()
        if puzzle.known[index] and away <= MISS:
            boxes[4 * place : 4 * place + 4] = (puzzle.boxes[index] - np.tile(corner, 2)) / HALF
            weights[4 * place : 4 * place + 4] = 1
        near.append(away)
    match = all(puzzle.known) and max(near) <= MATCH
    sure = all(puzzle.known) and (match or max(near) > MISS)
    told = match and puzzle.angle is not None
    return dict(
        boxes=boxes,
        box_weights=weights,
        matches=float(match),
        match_weights=float(sure),
        angles=puzzle.angle if told else 0.0,
        angle_weights=float(told),
    )


def cut_pairs(
    pictures: Tensor, puzzles: list[int], corners: list[tuple[int, int, int, int]]
) -> Tensor:
    """Cut the squares out of the network's inputs.

    Args:
        pictures: RGB and mask (N, 4, H, W) in [0, 1].
        puzzles: The number of the picture of each pair.
        corners: Of each pair, as `square_corners` gives them.

    Returns:
        (P, 6, 80, 80); black beyond the picture.
    """
    half = F.pad(F.avg_pool2d(pictures[:, :3], HALF), [SQUARE] * 4)
    size = half.shape[-1] - SQUARE, half.shape[-2] - SQUARE
    squares = []
    for number, pair in zip(puzzles, corners, strict=True):
        for corner in (pair[:2], pair[2:]):
            # a square that does not touch the picture is black anyway
            x, y = (min(max(c + SQUARE, 0), most) for c, most in zip(corner, size, strict=True))
            squares.append(half[number, :, y : y + SQUARE, x : x + SQUARE])
    return torch.stack(squares).unflatten(0, (-1, 2)).flatten(1, 2)


def flip_pairs(
    squares: Tensor, labels: dict[str, Tensor], mirrored: Tensor, axis: int
) -> tuple[Tensor, dict[str, Tensor]]:
    """Mirror some of the pairs, labels included; the angle changes its sign.

    Args:
        squares: (P, 6, 80, 80).
        labels: As `PairRefiner.loss` wants them.
        mirrored: Which pairs, (P,) bool.
        axis: 0 for left and right, 1 for top and bottom.
    """
    chosen = mirrored[:, None, None, None]
    squares = torch.where(chosen, squares.flip(3 - axis), squares)
    low, high = [axis, 4 + axis], [2 + axis, 6 + axis]
    boxes = labels['boxes'].clone()
    boxes[:, low], boxes[:, high] = SQUARE - labels['boxes'][:, high], SQUARE - labels['boxes'][:, low]
    return squares, {
        **labels,
        'boxes': torch.where(mirrored[:, None], boxes, labels['boxes']),
        'angles': torch.where(mirrored, -labels['angles'], labels['angles']),
    }


def _near(x: float, y: float, centre: np.ndarray) -> bool:
    return bool(np.abs(np.array([x, y]) - centre).max() <= MISS)


def make_batch(
    pictures: Tensor,
    puzzles: list[PuzzleLabels],
    output: np.ndarray,
    seeds: list[int],
    count: int,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Squares and labels of `count` pairs of each puzzle whose gap is known, mirrored at random.

    Args:
        pictures: RGB and mask (N, 4, H, W) in [0, 1].
        puzzles: Labels of the N.
        output: Of the first look at the first of them, (n, 8, h, w), n <= N.
        seeds: Of each puzzle: what is drawn depends on nothing else.
        count: Pairs of a puzzle.
    """
    numbers, corners, labels, mirrors = [], [], [], []
    for number, (puzzle, seed) in enumerate(zip(puzzles, seeds, strict=True)):
        if not puzzle.known[0]:
            continue
        rng = np.random.default_rng(seed)
        seen = output[number] if number < len(output) else None
        pairs = draw_pairs(rng, puzzle, seen, count, pictures.shape[-1])
        for pair in pairs:
            numbers.append(number)
            corners.append(square_corners(*pair))
            labels.append(pair_labels(puzzle, corners[-1]))
        mirrors.append(rng.random((count, 2)) < 0.5)
    squares = cut_pairs(pictures, numbers, corners)
    stacked = {
        key: torch.from_numpy(np.array([one[key] for one in labels], np.float32)).to(squares)
        for key in labels[0]
    }
    mirrored = torch.from_numpy(np.concatenate(mirrors)).to(squares.device)
    for axis in (0, 1):
        squares, stacked = flip_pairs(squares, stacked, mirrored[:, axis], axis)
    return squares, stacked
