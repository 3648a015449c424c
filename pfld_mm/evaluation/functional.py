"""The measures of facial landmarks, in numpy alone: exported models are judged by the same code."""

from collections.abc import Sequence

import numpy as np

from pfld_mm.core.face_markups import MARKUPS, markup_of

NORM_MODES = ('inter_ocular', 'inter_pupil', 'box', 'keypoint_distance')


def normaliser(
    gt: np.ndarray,
    bboxes: np.ndarray | None = None,
    mode: str = 'inter_ocular',
    keypoint_indices: Sequence[int] | None = None,
) -> np.ndarray:
    """Length in pixels by which the errors of each face are divided.

    Args:
        gt: True points (N, K, 2) in pixels.
        bboxes: Boxes (N, 4) as x1, y1, x2, y2 in pixels, for 'box' alone.
        mode: 'inter_ocular', the outer corners of the eyes (WFLW, arXiv:1805.10483, section 5);
            'inter_pupil', the pupils (98 points) or the means of the six points of each eye (68);
            'box', sqrt(w * h); 'keypoint_distance', the pair ``keypoint_indices``.
        keypoint_indices: Two points, for 'keypoint_distance' alone (one's own mark-up).

    Returns:
        Normalisers (N,), float64.

    Raises:
        ValueError: On an unknown mode, a mark-up the mode knows nothing of, or indices that are
            missing, outside the mark-up or not wanted by the mode.
    """
    check_norm_mode(mode, keypoint_indices)
    gt = np.asarray(gt, dtype=np.float64)
    if mode == 'box':
        if bboxes is None:
            raise ValueError("norm_mode 'box' needs the faces' boxes (N, 4), found none.")
        x1, y1, x2, y2 = np.asarray(bboxes, dtype=np.float64).reshape(len(gt), 4).T
        return np.sqrt(np.maximum(x2 - x1, 0) * np.maximum(y2 - y1, 0))
    left, right = _eye_points(mode, gt.shape[1], keypoint_indices)
    return np.linalg.norm(gt[:, left].mean(axis=1) - gt[:, right].mean(axis=1), axis=-1)


def check_norm_mode(mode: str, keypoint_indices: Sequence[int] | None) -> None:
    """Stop where mode and indices do not belong together.

    Args:
        mode: One of ``NORM_MODES``.
        keypoint_indices: A pair for 'keypoint_distance', None for the others.

    Raises:
        ValueError: With what was expected and what was found.
    """
    if mode not in NORM_MODES:
        raise ValueError(f'norm_mode must be one of {NORM_MODES}, found {mode!r}.')
    if mode != 'keypoint_distance':
        if keypoint_indices is not None:
            raise ValueError(
                f'keypoint_indices={keypoint_indices} has no meaning with norm_mode={mode!r}: '
                "set norm_mode='keypoint_distance' or leave the indices out."
            )
    elif keypoint_indices is None or not len(keypoint_indices) == len(set(keypoint_indices)) == 2:
        raise ValueError(
            "norm_mode='keypoint_distance' needs keypoint_indices, two different points such as "
            f'the outer corners of the eyes, found {keypoint_indices}.'
        )


def _eye_points(
    mode: str, num_keypoints: int, keypoint_indices: Sequence[int] | None
) -> tuple[list[int], list[int]]:
    """The two groups of points whose means span the normaliser."""
    if keypoint_indices is not None:
        if min(keypoint_indices) < 0 or max(keypoint_indices) >= num_keypoints:
            raise ValueError(
                f'keypoint_indices={tuple(keypoint_indices)} must lie between 0 and '
                f'{num_keypoints - 1}: the mark-up has {num_keypoints} points.'
            )
        return [keypoint_indices[0]], [keypoint_indices[1]]
    markup = markup_of(num_keypoints)
    if markup is None:
        raise ValueError(
            f'norm_mode {mode!r} is known for {sorted(MARKUPS)} points, the mark-up has '
            f"{num_keypoints}: set norm_mode='keypoint_distance' and keypoint_indices=(i, j), or "
            "norm_mode='box'."
        )
    if mode == 'inter_ocular':
        right, left = markup.outer_eye_corners
        return [right], [left]
    right, left = markup.pupils
    return list(right), list(left)


def normalised_errors(
    pred: np.ndarray,
    gt: np.ndarray,
    norm: np.ndarray,
    mask: np.ndarray | None = None,
    names: Sequence[str] | None = None,
) -> np.ndarray:
    """Normalised mean error of each face: mean distance of its points / its normaliser.

    Args:
        pred: Predicted points (N, K, 2) in pixels.
        gt: True points (N, K, 2) in pixels.
        norm: Normalisers (N,) in pixels.
        mask: (N, K), False where a point is not marked in the image and does not count.
        names: What errors call the faces, their images for instance; their numbers by default.

    Returns:
        Errors (N,), float64, as fractions.

    Raises:
        ValueError: Where shapes differ, a number is not finite, a normaliser is not positive or
            a face has no marked point; the message names the first such face.
    """
    pred, gt = np.asarray(pred, dtype=np.float64), np.asarray(gt, dtype=np.float64)
    norm = np.asarray(norm, dtype=np.float64).reshape(-1)
    names = [f'face {i}' for i in range(len(gt))] if names is None else names
    if pred.shape != gt.shape or len(norm) != len(gt):
        raise ValueError(
            f'{", ".join(names[:1])}: predicted points {pred.shape}, true points {gt.shape} and '
            f"normalisers {norm.shape} do not match; the model's num_keypoints must be that of "
            'the data.'
        )
    mask = np.ones(gt.shape[:2], bool) if mask is None else np.asarray(mask, dtype=bool)
    _stop_at(~np.isfinite(pred).all(axis=(1, 2)), names, 'a predicted point is NaN or infinite')
    _stop_at(~mask.any(axis=1), names, 'no point is marked as visible')
    _stop_at(~(np.isfinite(gt).all(axis=2) | ~mask).all(axis=1), names, 'a true point is NaN')
    _stop_at(
        ~(np.isfinite(norm) & (norm > 0)),
        names,
        'the normaliser must be a positive length: are the two points it is measured between '
        'marked and apart, has the box an area',
    )
    distances = np.where(mask, np.linalg.norm(pred - gt, axis=-1), 0)
    return distances.sum(axis=1) / mask.sum(axis=1) / norm


def _stop_at(wrong: np.ndarray, names: Sequence[str], what: str) -> None:
    """Raise for the first face of ``wrong`` (N,)."""
    if wrong.any():
        more = f' (and {wrong.sum() - 1} more faces)' if wrong.sum() > 1 else ''
        raise ValueError(f'{names[int(wrong.argmax())]}{more}: {what}.')


def failure_rate(errors: np.ndarray, threshold: float) -> float:
    """Ratio of faces whose error is greater than the threshold.

    Args:
        errors: Errors (N,) as fractions.
        threshold: Of the same unit: 0.10 for the usual FR at 10 %.

    Returns:
        A fraction from 0 to 1.
    """
    return float(np.mean(_check_errors(errors, threshold) > threshold))


def area_under_curve(errors: np.ndarray, threshold: float) -> float:
    """Area under the cumulative error curve from 0 to the threshold, divided by the threshold.

    The curve F(t) = ratio of faces with an error <= t is a staircase, so its area is exact:
    integral of F from 0 to T = mean(max(0, T - e)). Published figures often sample the curve
    (every 0.0001, trapezoids or Simpson's rule) and differ in the fourth digit.

    Args:
        errors: Errors (N,) as fractions.
        threshold: T, of the same unit.

    Returns:
        1 where every error is 0, 0 where every error is at least the threshold.
    """
    return float(np.mean(np.maximum(0, 1 - _check_errors(errors, threshold) / threshold)))


def summarise(
    errors: np.ndarray,
    failure_thresholds: Sequence[float] = (0.10, 0.08),
    auc_threshold: float = 0.10,
) -> dict[str, float]:
    """The figures that are reported for a set of faces, all as fractions.

    Args:
        errors: Errors (N,).
        failure_thresholds: One failure rate for each.
        auc_threshold: End of the cumulative error curve.

    Returns:
        'NME', 'FR10' and 'FR8' (the number is the threshold in percent), 'AUC10'.
    """
    return {
        'NME': float(np.mean(_check_errors(errors, auc_threshold))),
        **{f'FR{100 * t:g}': failure_rate(errors, t) for t in failure_thresholds},
        f'AUC{100 * auc_threshold:g}': area_under_curve(errors, auc_threshold),
    }


def _check_errors(errors: np.ndarray, threshold: float) -> np.ndarray:
    """Errors as an array (N,), not empty."""
    errors = np.asarray(errors, dtype=np.float64)
    if errors.size == 0:
        raise ValueError('No face was evaluated: the list of errors is empty.')
    if not threshold > 0:
        raise ValueError(
            f'A threshold must be a positive fraction (0.10 is 10 %), found {threshold}.'
        )
    return errors
