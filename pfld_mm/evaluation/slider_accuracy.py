from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS

QUANTITIES = ('gap', 'gap_x', 'piece', 'distance')


@METRICS.register_module()
class SliderAccuracy(BaseMetric):
    """How far the predictions for slider puzzles are off, in pixels of the original image.

    For gap and piece (Euclidean distance), ``gap_x`` and ``distance`` = gap_x - piece_x (the
    figure that users want): the ratio within each threshold (``gap/hit@5``), the mean
    (``gap/mae``) and the 95th percentile (``gap/p95``). Then ``angle/mae`` and ``angle/p95`` in
    degrees, and ``decoy/ratio``: of the images with decoys, those whose prediction lies within
    ``decoy_radius`` of a decoy that is nearer to it than the true gap. What is not labelled in
    any image is left out.

    Args:
        thresholds: Of the hit rates, in pixels.
        reference_width: Scales all distances as if every image had this width in pixels.
            Defaults to None: the image's own pixels.
        decoy_radius: In the same pixels.
        out_file: A JSON file for the figures and the errors of each image.
        collect_device: As in mmengine's BaseMetric.
        prefix: As in mmengine's BaseMetric.
    """

    default_prefix = 'slider'

    def __init__(
        self,
        thresholds: Sequence[float] = (1, 2, 3, 5, 7),
        reference_width: float | None = None,
        decoy_radius: float = 20.0,
        out_file: str | None = None,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.thresholds = tuple(thresholds)
        self.reference_width = reference_width
        self.decoy_radius = decoy_radius
        self.out_file = out_file

    def metric_names(self) -> list[str]:
        """The keys that ``evaluate`` may give, without the prefix."""
        measures = [f'hit@{threshold:g}' for threshold in self.thresholds] + ['mae', 'p95']
        names = [f'{name}/{measure}' for name in QUANTITIES for measure in measures]
        return [*names, 'angle/mae', 'angle/p95', 'decoy/ratio']

    def process(self, data_batch: Sequence[dict], data_samples: Sequence[dict]) -> None:
        """Measure a batch.

        Args:
            data_batch: Not used.
            data_samples: With ``pred_instances`` (``keypoints`` (1, 2, 2), ``keypoint_scores``
                (1, 2), ``angle`` (1,)), ``gt_instances`` (``keypoints``, ``keypoints_visible``
                (1, 2)), ``raw_ann_info`` (``angle`` in radians or None, ``decoys`` (D, 2)) and
                ``ori_shape`` (h, w).
        """
        self.results.extend(self._measure(sample) for sample in data_samples)

    def _measure(self, sample: dict) -> dict:
        """The errors of one image, None where there is no label."""
        scale = 1.0
        if self.reference_width is not None:
            scale = self.reference_width / sample['ori_shape'][1]
        pred = np.asarray(sample['pred_instances']['keypoints'], np.float64).reshape(2, 2) * scale
        truth = np.asarray(sample['gt_instances']['keypoints'], np.float64).reshape(2, 2) * scale
        visible = np.asarray(sample['gt_instances']['keypoints_visible']).reshape(2) > 0
        off = np.abs(pred - truth)
        distance = abs((pred[0, 0] - pred[1, 0]) - (truth[0, 0] - truth[1, 0]))
        notes = sample.get('raw_ann_info') or {}
        decoys = np.asarray(notes.get('decoys', []), np.float64).reshape(-1, 2) * scale
        return dict(
            image=str(sample.get('img_path')),
            pred=(pred / scale).round(3).tolist(),
            scores=np.asarray(sample['pred_instances']['keypoint_scores']).ravel().tolist(),
            gap=float(np.hypot(*off[0])) if visible[0] else None,
            gap_x=float(off[0, 0]) if visible[0] else None,
            piece=float(np.hypot(*off[1])) if visible[1] else None,
            distance=float(distance) if visible.all() else None,
            angle=_angle_error(sample['pred_instances'], notes.get('angle')),
            on_decoy=self._on_decoy(pred[0], truth[0], decoys) if visible[0] else None,
        )

    def _on_decoy(self, pred: np.ndarray, truth: np.ndarray, decoys: np.ndarray) -> bool | None:
        """Whether the prediction is on a decoy; None if there is none."""
        if not len(decoys):
            return None
        nearest = np.hypot(*(decoys - pred).T).min()
        return bool(nearest <= self.decoy_radius and nearest < np.hypot(*(truth - pred)))

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Sum up all images and write the JSON file.

        Args:
            results: The errors of each image.

        Returns:
            The figures by name.
        """
        metrics: dict[str, float] = {}
        for name in QUANTITIES:
            errors = np.array([r[name] for r in results if r[name] is not None])
            if len(errors):
                for threshold in self.thresholds:
                    metrics[f'{name}/hit@{threshold:g}'] = float((errors <= threshold).mean())
                metrics.update(_spread(name, errors))
        angles = [r['angle'] for r in results if r['angle'] is not None]
        if angles:
            metrics.update(_spread('angle', np.array(angles)))
        decoys = [r['on_decoy'] for r in results if r['on_decoy'] is not None]
        if decoys:
            metrics['decoy/ratio'] = float(np.mean(decoys))
        if self.out_file:
            path = Path(self.out_file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(dict(metrics=metrics, images=results), indent=1))
        return metrics


def _spread(name: str, errors: np.ndarray) -> dict[str, float]:
    return {
        f'{name}/mae': float(errors.mean()),
        f'{name}/p95': float(np.percentile(errors, 95)),
    }


def _angle_error(pred: dict, truth: float | None) -> float | None:
    """The absolute difference in degrees, at most 180; None without a label or a prediction."""
    if truth is None or 'angle' not in pred:
        return None
    difference = np.rad2deg(float(np.ravel(pred['angle'])[0]) - truth)
    return float(abs((difference + 180) % 360 - 180))
