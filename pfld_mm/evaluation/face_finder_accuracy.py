from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS

from pfld_mm.core.boxes import iou

SIZES = ((0, 16), (16, 32), (32, 64), (64, 128), (128, np.inf))
YAWS = ((0, 15), (15, 30), (30, 60), (60, 181))


@METRICS.register_module()
class FaceFinderAccuracy(BaseMetric):
    """Average precision and recall of found faces.

    ``AP`` over all scores; at ``min_score``: ``recall``, ``false_an_image`` (found where nothing is
    labelled, which may be a face that the labels lack), ``IoU`` and ``point_error`` (mean distance
    of the five points in sides of the box) of the found ones, and recall by the size of the face in
    the searched image (``recall_size/16-32``), by yaw in degrees and by attribute.

    What overlaps an ignored face is neither right nor wrong.

    Args:
        min_iou: Of a found and a labelled box, from which the face counts as found.
        min_score: See above.
        collect_device: As in mmengine's BaseMetric.
        prefix: As in mmengine's BaseMetric.
    """

    default_prefix = 'finder'

    def __init__(
        self,
        min_iou: float = 0.4,
        min_score: float = 0.5,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.min_iou = min_iou
        self.min_score = min_score

    def metric_names(self) -> list[str]:
        """The keys that ``evaluate`` may give, without the prefix; ``*`` is any text."""
        return ['AP', 'false_an_image', 'IoU', 'point_error', 'recall', 'recall_*']

    def process(self, data_batch: Sequence[dict], data_samples: Sequence[dict]) -> None:
        """Match the faces of a batch.

        Args:
            data_batch: Not used.
            data_samples: With ``pred_instances`` (``bboxes``, ``bbox_scores``, ``keypoints``),
                ``gt_instances`` (see `PackFinderInputs`) in pixels of the original image,
                ``input_zoom`` and ``attribute_names``.
        """
        self.results.extend(self._match(sample) for sample in data_samples)

    def _match(self, sample: dict) -> dict:
        """Which face each found one is, -1 for none, -2 for an ignored one; and the labels."""
        truth, found = sample['gt_instances'], sample['pred_instances']
        ignore = np.asarray(truth['ignore'], bool)
        boxes = np.asarray(found['bboxes'], np.float64).reshape(-1, 4)
        labelled = np.asarray(truth['bboxes'], np.float64).reshape(-1, 4)
        overlaps = iou(boxes, labelled)
        match = match_faces(overlaps, ignore, self.min_iou)
        hits = match >= 0
        points = np.asarray(found['keypoints'], np.float64).reshape(-1, 5, 2)
        targets = np.asarray(truth['keypoints'], np.float64).reshape(-1, 5, 2)[match[hits]]
        sides = np.sqrt(np.prod(labelled[:, 2:] - labelled[:, :2], axis=1))
        errors = np.linalg.norm(points[hits] - targets, axis=2).mean(axis=1) / sides[match[hits]]
        return dict(
            match=match,
            scores=np.asarray(found['bbox_scores'], np.float64),
            iou=overlaps[hits, match[hits]],
            errors=errors,
            ignore=ignore,
            size=(labelled[:, 2:] - labelled[:, :2]).max(axis=1, initial=0)
            * sample.get('input_zoom', 1.0),
            yaw=np.abs(np.asarray(truth['yaw'], np.float64)),
            attributes=np.asarray(truth['attributes']),
            attribute_names=tuple(sample.get('attribute_names', ())),
        )

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Sum up all images."""
        scores = np.concatenate([one['scores'] for one in results])
        match = np.concatenate([one['match'] for one in results])
        total = sum(int((~one['ignore']).sum()) for one in results)
        sure = scores >= self.min_score
        metrics = dict(
            AP=average_precision(scores[match > -2], match[match > -2] >= 0, total),
            false_an_image=float((sure & (match == -1)).sum() / len(results)),
        )
        sure_hits = sure[match >= 0]
        for name, key in (('IoU', 'iou'), ('point_error', 'errors')):
            values = np.concatenate([one[key] for one in results])[sure_hits]
            metrics[name] = float(values.mean()) if len(values) else 0.0
        metrics.update(self._recalls(results))
        return metrics

    def _recalls(self, results: list[dict]) -> dict[str, float]:
        """Recall of all faces and of each group that has any."""
        kept = [~one['ignore'] for one in results]
        hits = np.concatenate(
            [self._found(one)[keep] for one, keep in zip(results, kept, strict=True)]
        )
        size, yaw, attributes = (
            np.concatenate([one[key][keep] for one, keep in zip(results, kept, strict=True)])
            for key in ('size', 'yaw', 'attributes')
        )
        groups = {'recall': np.ones(len(hits), bool)}
        for title, bins, values in (('size', SIZES, size), ('yaw', YAWS, yaw)):
            for low, high in bins:
                groups[f'recall_{title}/{low:g}-{high:g}'] = (values >= low) & (values < high)
        for column, name in enumerate(results[0]['attribute_names']):
            groups[f'recall_attribute/{name}'] = attributes[:, column] > 0
        return {name: float(hits[of].mean()) for name, of in groups.items() if of.any()}

    def _found(self, one: dict) -> np.ndarray:
        """Which labelled faces of an image are found at ``min_score``."""
        found = np.zeros(len(one['ignore']), bool)
        found[one['match'][(one['scores'] >= self.min_score) & (one['match'] >= 0)]] = True
        return found


def match_faces(iou: np.ndarray, ignore: np.ndarray, min_iou: float) -> np.ndarray:
    """Give each found face the best free labelled one, the surest first.

    Args:
        iou: (F, L) of found faces, the best score first, and labelled ones.
        ignore: (L,).
        min_iou: See `FaceFinderAccuracy`.

    Returns:
        (F,) the labelled face, -1 for none, -2 for an ignored one.
    """
    match = np.full(len(iou), -1)
    free = ~ignore
    for face, row in enumerate(iou):
        candidates = np.where(free, row, -1)
        if len(row) and candidates.max() >= min_iou:
            match[face] = candidates.argmax()
            free[match[face]] = False
        elif len(row) and (row[ignore] > min_iou / 2).any():
            match[face] = -2
    return match


def average_precision(scores: np.ndarray, hits: np.ndarray, total: int) -> float:
    """Area under the precision-recall curve, its precision made monotonous (PASCAL VOC 2010)."""
    if not total or not len(scores):
        return 0.0
    hits = hits[np.argsort(-scores, kind='stable')]
    right = np.cumsum(hits)
    precision = np.maximum.accumulate((right / np.arange(1, len(hits) + 1))[::-1])[::-1]
    return float((precision * hits).sum() / total)
