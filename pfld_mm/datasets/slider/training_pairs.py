"""Pairs of piece and gap to train a `PairVerifier`: true ones, moved a little, and false ones."""

from __future__ import annotations

import cv2
import numpy as np

from pfld_mm.core.slider.pair_crops import PairCorners
from pfld_mm.datasets.slider.letterboxed_puzzle import LetterboxedPuzzle

FALSE_RATIO = 0.4
"""Of the pairs of a puzzle with a piece."""
ORIGIN_RATIO = 0.7
"""Of the pairs of a piece without a gap: those with the part of the image that the piece shows. It
looks like the piece, and only a gap that is drawn there makes it one."""
PROPOSED_RATIO = 0.5
"""Of the pairs of a puzzle with proposals: those are what the verifier will have to judge."""
JITTER = ((4.0, 0.7), (10.0, 0.3))
"""Standard deviations in pixels of the input by which squares are off the centers, with their
probabilities."""
MAX_JITTER = 20.0
MATCH, MISS = 22.0, 30.0
"""Pixels of the input: closer than the first on both axes is a match, beyond the second is none."""
MASK_STRIDE = 2
"""Pixels of the squares per pixel of the masks, per axis."""
FIXED_POINT_BITS = 6


def draw_pair(rng: np.random.Generator, puzzle: LetterboxedPuzzle) -> np.ndarray:
    """Where to look: centers of the squares as x of the piece, x of the gap, y of both; (3,).

    Either a proposal, or drawn from the labels; then, where gap or piece is missing, anything is
    looked at in its place.
    """
    gap, piece = puzzle.centers
    height, width = puzzle.image.shape[:2]
    if len(puzzle.proposals) and rng.random() < PROPOSED_RATIO:
        place = puzzle.proposals[rng.integers(len(puzzle.proposals))]
    elif not puzzle.has_gap:
        x, y = piece if puzzle.has_piece else (rng.uniform(0, width / 2), rng.uniform(0, height))
        place = x, rng.uniform(x, width), y
        if puzzle.origin is not None and rng.random() < ORIGIN_RATIO:
            place = x, puzzle.origin[0], y
    elif not puzzle.has_piece:
        place = rng.uniform(0, gap[0]), gap[0], gap[1]
    elif rng.random() >= FALSE_RATIO:
        place = piece[0], gap[0], gap[1]
    else:
        place = _false_pair(rng, puzzle)
    deviations, probs = zip(*JITTER, strict=True)
    jitter = rng.normal(0, rng.choice(deviations, p=probs), 3)
    return np.array(place) + np.clip(jitter, -MAX_JITTER, MAX_JITTER)


def _false_pair(rng: np.random.Generator, puzzle: LetterboxedPuzzle) -> tuple[float, float, float]:
    """Mostly a decoy as the gap, sometimes as the piece, sometimes as both; or any place."""
    gap, piece = puzzle.centers
    anywhere = rng.uniform(0, puzzle.image.shape[1], 2)
    spots = [*puzzle.decoys, *((x, gap[1]) for x in anywhere)]
    count = max(2, len(puzzle.decoys) + 1)
    first, second = (spots[i] for i in rng.permutation(count)[:2])
    way = rng.random()
    if way < 0.6:
        return piece[0], *first
    return first[0], (gap[0] if way < 0.8 else second[0]), first[1]


def pair_labels(
    puzzle: LetterboxedPuzzle, corners: PairCorners, size: int
) -> dict[str, np.ndarray]:
    """Labels of one pair of squares, as `PairVerifier.loss` wants them.

    Args:
        puzzle: Where all is.
        corners: Of the squares.
        size: Side of the squares.
    """
    boxes, weights, distances = np.zeros(8, np.float32), np.zeros(8, np.float32), []
    masks = np.zeros((2, size // MASK_STRIDE, size // MASK_STRIDE), np.uint8)
    true_boxes, centers = puzzle.boxes, puzzle.centers
    for place, index in ((0, 1), (1, 0)):  # in the order of the labels: piece, gap
        corner = np.array(corners[2 * place : 2 * place + 2])
        away = np.abs(centers[index] - corner - size / 2).max()
        if away <= MISS:  # not if it is NaN, where gap or piece is missing
            part = slice(4 * place, 4 * place + 4)
            boxes[part] = true_boxes[index] - np.tile(corner, 2)
            weights[part] = 1
            masks[place] = _mask(puzzle.outlines[index] - corner, size)
        distances.append(away)
    answered = puzzle.has_gap and puzzle.has_piece
    match = answered and max(distances) <= MATCH
    sure = not answered or match or max(distances) > MISS
    numbers = dict(
        matches=match, match_weights=sure, angles=puzzle.angle if match else 0, angle_weights=match
    )
    rest = {key: np.float32(value) for key, value in numbers.items()}
    return dict(boxes=boxes, box_weights=weights, masks=masks, **rest)


def _mask(outline: np.ndarray, size: int) -> np.ndarray:
    """The mask (S / 2, S / 2) uint8 of an outline (M, 2) in pixels of a square, 255 inside."""
    canvas = np.zeros((size, size), np.uint8)
    fixed_point = np.rint((outline - 0.5) * (1 << FIXED_POINT_BITS)).astype(np.int32)
    cv2.fillPoly(canvas, [fixed_point], 255, cv2.LINE_8, FIXED_POINT_BITS)
    side = size // MASK_STRIDE
    return cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)


def mirror_pair(
    square: np.ndarray, labels: dict[str, np.ndarray], axis: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Mirror a pair of squares, labels included; the angle changes its sign.

    Args:
        square: (6, S, S).
        labels: As `pair_labels` gives them.
        axis: 0 for left and right, 1 for top and bottom.
    """
    boxes = labels['boxes'].copy()
    low, high, size = [axis, 4 + axis], [2 + axis, 6 + axis], square.shape[-1]
    boxes[low], boxes[high] = size - labels['boxes'][high], size - labels['boxes'][low]
    changed = dict(boxes=boxes, masks=np.flip(labels['masks'], 2 - axis), angles=-labels['angles'])
    return np.flip(square, 2 - axis), labels | changed
