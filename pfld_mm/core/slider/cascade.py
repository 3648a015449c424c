"""Two-stage inference for slider puzzles: proposals, then the verification of pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from pfld_mm.core.slider.cascade_params import CascadeParams
from pfld_mm.core.slider.decode import decode_slider, valid_cells
from pfld_mm.core.slider.pair_crops import crop_pairs, pair_corners, zoomed_pair
from pfld_mm.core.slider.pair_verdict import PAIR_OUTPUTS, PairVerdict
from pfld_mm.core.slider.proposals import PairProposal, find_pairs
from pfld_mm.core.slider.slider_prediction import SliderPrediction
from pfld_mm.core.slider.template_match import align_piece

MATCH = PAIR_OUTPUTS.index('match_logit')
Proposer = Callable[[np.ndarray], np.ndarray]
"""RGB and mask (H, W, 4) uint8 -> (8, h, w), as `decode_slider` reads it."""
Verifier = Callable[[np.ndarray], np.ndarray]
"""Squares (P, 6, S, S) float32 in [0, 1] -> (P, 10), columns as `PAIR_OUTPUTS`."""

MIRRORS = ((True, False), (False, True), (True, True))
"""Of test-time augmentation: in (x, y)."""
ZOOMS = (1.15, 1 / 1.15)
"""Of test-time augmentation where ``found`` is in doubt."""


class SliderCascade:
    """Finds gap and piece in the letterboxed image; evaluation, export and runtime all use this
    class.

    The proposal stage gives score maps; their peaks make pairs of a piece and a gap. The verifier
    judges the most probable pair, and the others if that one does not match clearly. The best match
    is cropped again around the centers found, measured and judged, with test-time augmentation
    where that changes the centers or leaves doubts: mirrored squares, and zoomed ones for the
    logit alone. Without a verifier the score maps are decoded, and the piece is aligned with the
    gap by template matching.

    Args:
        proposer: The first network.
        verifier: The second one, None for a one-stage model.
        params: Thresholds and sizes, which belong to the weights.

    Raises:
        ValueError: If there is a verifier, but gap and piece need not be in one row.
    """

    def __init__(
        self, proposer: Proposer, verifier: Verifier | None, params: CascadeParams
    ) -> None:
        if verifier is not None and not params.same_row:
            raise ValueError('a pair verifier needs cascade.same_row=True, found False')
        self.proposer = proposer
        self.verifier = verifier
        self.params = params

    def __call__(self, image: np.ndarray) -> SliderPrediction:
        """Run both stages.

        Args:
            image: The network's input, RGB and valid mask (H, W, 4) uint8.
        """
        return self.verify(image, self.proposer(image))

    def verify(self, image: np.ndarray, output: np.ndarray) -> SliderPrediction:
        """Run the second stage on the proposer's output (8, h, w) for ``image``."""
        stride = image.shape[1] // output.shape[2]
        valid = valid_cells(image[..., 3], stride)
        points, scores, angle = decode_slider(output, valid, self.params.same_row, stride)
        if self.verifier is None:
            if self.params.same_row:
                gray = cv2.cvtColor(image[..., :3], cv2.COLOR_RGB2GRAY)
                points = align_piece(gray, points, self.params)
            return SliderPrediction(points, scores, angle)
        judged = self._judge(image, find_pairs(output, stride, self.params))
        best = max(judged, key=self._rank, default=None)
        if best is None or not self._matches(best[1]):
            logit = None if best is None else best[1].match_logit
            points = self._measure_gap(image, points)
            return SliderPrediction(points, scores, angle, logit, found=False)
        pair, verdict = best
        final = self._measure(image, verdict)
        return SliderPrediction(
            points=np.array([[final.gap[0], final.row], [final.piece[0], final.row]]),
            scores=np.array([pair.gap.score, pair.piece.score]),
            angle=final.angle,
            match_logit=final.match_logit,
            found=final.match_logit >= self.params.min_found_logit,
        )

    def _verify(self, squares: np.ndarray) -> np.ndarray:
        assert self.verifier is not None  # verify() returns before where there is none
        return self.verifier(squares)

    def _judge(
        self, image: np.ndarray, pairs: list[PairProposal]
    ) -> list[tuple[PairProposal, PairVerdict]]:
        """Verdicts on the most probable pair and, if that does not match clearly, on the others."""
        judged: list[tuple[PairProposal, PairVerdict]] = []
        for group in (pairs[:1], pairs[1:]):
            if group:
                judged += zip(group, self._verdicts(image, group), strict=True)
            if any(verdict.match_logit >= self.params.sure_logit for _, verdict in judged):
                break
        return judged

    def _matches(self, verdict: PairVerdict) -> bool:
        return verdict.match_logit >= self.params.min_match_logit

    def _rank(self, judged: tuple[PairProposal, PairVerdict]) -> tuple[bool, float]:
        """Matches come first; then logit and scores count."""
        pair, verdict = judged
        weighted = verdict.match_logit + self.params.score_weight * pair.log_score
        return self._matches(verdict), weighted

    def _verdicts(self, image: np.ndarray, pairs: list[PairProposal]) -> list[PairVerdict]:
        size = self.params.square_size
        corners = [pair_corners(one.piece.x, one.gap.x, one.row, size) for one in pairs]
        rows = self._verify(crop_pairs(image, corners, size))
        return [
            PairVerdict.from_row(row, place, size) for row, place in zip(rows, corners, strict=True)
        ]

    def _measure(self, image: np.ndarray, first: PairVerdict) -> PairVerdict:
        """Measure and judge a pair again in squares around its centers.

        Where that moves a center by more than ``tta_shift`` or the match is not sure, all numbers
        are the medians of this verdict and of three on the mirrored squares. If that leaves in
        doubt whether it is an answer, the logit is the mean over zoomed squares, too.
        """
        size = self.params.square_size
        corners = pair_corners(first.piece[0], first.gap[0], first.row, size)
        (square,) = crop_pairs(image, [corners], size)
        (row,) = self._verify(square[None])
        second = PairVerdict.from_row(row, corners, size)
        sure = second.match_logit >= self.params.sure_logit
        if sure and first.distance_to(second) <= self.params.tta_shift:
            return second
        rows = self._verify(_mirrored(square)[1:])
        mirrored = [
            PairVerdict.from_row(row, corners, size, mirror)
            for row, mirror in zip(rows, MIRRORS, strict=True)
        ]
        median = PairVerdict.median([second, *mirrored])
        if abs(median.match_logit - self.params.min_found_logit) > self.params.zoom_doubt:
            return median
        return replace(median, match_logit=self._zoomed_logit(image, first, median.match_logit))

    def _zoomed_logit(self, image: np.ndarray, pair: PairVerdict, logit: float) -> float:
        """Mean of a logit and of the medians that the views on zoomed squares give."""
        size, logits = self.params.square_size, [logit]
        for zoom in ZOOMS:
            side = 2 * round(size / zoom / 2)
            corners = pair_corners(pair.piece[0], pair.gap[0], pair.row, side)
            rows = self._verify(_mirrored(zoomed_pair(image, corners, side, size)))
            logits.append(float(np.median(rows[:, MATCH])))
        return float(np.mean(logits))

    def _measure_gap(self, image: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Measure the gap alone, beside any part of its row: both centers (2, 2), corrected."""
        size = self.params.square_size
        (x, y), (piece_x, _) = points
        corners = pair_corners(x / 2, x, y, size)
        (row,) = self._verify(crop_pairs(image, [corners], size))
        gap = PairVerdict.from_row(row, corners, size).gap
        return np.array([gap, (piece_x, gap[1])])


def _mirrored(square: np.ndarray) -> np.ndarray:
    """The squares (6, S, S) of a pair as they are and as `MIRRORS` says, (4, 6, S, S)."""
    views = [square[:, :: -1 if y else 1, :: -1 if x else 1] for x, y in MIRRORS]
    return np.stack([square, *views])
