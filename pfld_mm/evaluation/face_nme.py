"""NME, failure rate and AUC of faces, with WFLW's six subsets, in one pass."""

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmpose.registry import METRICS

from pfld_mm.evaluation.face_report import draw_curve, draw_sheet
from pfld_mm.evaluation.functional import (
    check_norm_mode,
    normalised_errors,
    normaliser,
    summarise,
)
from pfld_mm.evaluation.sample_fields import WFLW_ATTRIBUTES, as_array, wflw_attributes


@METRICS.register_module()
class FaceNME(BaseMetric):
    """Normalised mean error of facial landmarks, failure rates and AUC.

    All figures are fractions, as mmpose's NME is (0.05 is 5 %); the log line shows percents. The
    keys are 'NME', 'FR10', 'FR8', 'AUC10' and 'faces', their number; for each WFLW attribute that
    any face has 'NME/pose', ... and 'faces/pose', .... So ``save_best='NME', rule='less'``.

    A sample needs ``id`` and ``img_path`` in its meta information (mmpose's PackPoseInputs puts
    them there). Attributes (1, 6) are read from ``gt_instance_labels`` or, where the pipeline
    packs no labels, from the meta information. In a distributed run every face counts once,
    whatever the sampler repeats to give each process as many.

    Args:
        norm_mode: 'inter_ocular', 'inter_pupil', 'box' or 'keypoint_distance', see
            :func:`pfld_mm.evaluation.functional.normaliser`.
        keypoint_indices: The pair of points for 'keypoint_distance'.
        points: (first, end) of the points that are measured, as if a face had no others:
            ``norm_mode`` and ``keypoint_indices`` count from the first. Two of these metrics with
            prefixes measure the mark-ups of a joined one apart. None measures all.
        failure_thresholds: One failure rate for each, as fractions.
        auc_threshold: End of the cumulative error curve, as a fraction.
        subsets: Report the six WFLW subsets where faces have attributes.
        out_dir: Folder for ``face_nme.json`` (all figures, the protocol, the error of each face),
            ``curve.png`` (cumulative errors) and ``faces.jpg`` (the best, the median and the
            worst faces); None writes nothing.
        collect_device: 'cpu' or 'gpu', where the processes' results are collected.
        prefix: Put before the keys, with a slash.
        collect_dir: Folder that all processes see, for collecting on the CPU.

    Raises:
        ValueError: On a wrong argument; while running, on a prediction that is NaN, a normaliser
            of zero or another number of points than the data's, with the image's name.
    """

    default_prefix = ''  # None would make mmengine warn that keys have no prefix

    def __init__(
        self,
        norm_mode: str = 'inter_ocular',
        keypoint_indices: Sequence[int] | None = None,
        points: tuple[int, int] | None = None,
        failure_thresholds: Sequence[float] = (0.10, 0.08),
        auc_threshold: float = 0.10,
        subsets: bool = True,
        out_dir: str | None = None,
        collect_device: str = 'cpu',
        prefix: str | None = None,
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device, prefix, collect_dir)
        check_norm_mode(norm_mode, keypoint_indices)
        summarise(np.zeros(1), failure_thresholds, auc_threshold)  # stops at a bad threshold now
        if points is not None and not 0 <= points[0] < points[1]:
            raise ValueError(f'points must be (first, end) with 0 <= first < end, found {points}.')
        self.norm_mode = norm_mode
        self.keypoint_indices = keypoint_indices
        self.points = points
        self.failure_thresholds = tuple(failure_thresholds)
        self.auc_threshold = auc_threshold
        self.subsets = subsets
        self.out_dir = None if out_dir is None else Path(out_dir)
        self.num_expected: int | None = None

    def metric_names(self) -> list[str]:
        """The keys that ``evaluate`` may give, without the prefix."""
        figures = summarise(np.zeros(1), self.failure_thresholds, self.auc_threshold)
        attributes = WFLW_ATTRIBUTES if self.subsets else ()
        return [*figures, 'faces', *(f'{k}/{a}' for k in ('NME', 'faces') for a in attributes)]

    def check_markup(self, num_keypoints: int) -> None:
        """Raise a ValueError if faces of so many points cannot be measured."""
        gt = self._chosen(np.zeros((1, num_keypoints, 2)), 'the data set')
        normaliser(gt, np.zeros((1, 4)), self.norm_mode, self.keypoint_indices)

    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Measure the faces of one batch.

        Args:
            data_batch: Not used.
            data_samples: The samples as dicts, each with one face: ``pred_instances`` and
                ``gt_instances`` with ``keypoints`` (1, K, 2) in pixels of the image.
        """
        self.results.extend(self._measure(sample) for sample in data_samples)

    def evaluate(self, size: int) -> dict[str, float]:
        """Collect the faces of all processes and compute the figures.

        Args:
            size: Number of samples in the data set.

        Returns:
            The figures by name.
        """
        self.num_expected = size
        # mmengine would cut the collected list at `size`, which drops the sampler's repetitions
        # only if they are last: take everything, compute_metrics drops them by their identity.
        return super().evaluate(sys.maxsize)

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Compute, log and write the figures; runs in the main process.

        Args:
            results: What ``process`` stored, of all processes.

        Returns:
            The figures by name, as fractions.

        Raises:
            ValueError: If there is no face.
        """
        unique: dict[tuple, dict] = {}
        for face in results:
            unique.setdefault((face['image'], face['id']), face)
        faces = list(unique.values())
        groups = {'all': self._figures(faces)}
        for i, name in enumerate(WFLW_ATTRIBUTES if self.subsets else ()):
            chosen = [f for f in faces if f['attributes'] is not None and f['attributes'][i] > 0.5]
            if chosen:
                groups[name] = self._figures(chosen)
        self._log(groups)
        if self.out_dir is not None:
            self._write(groups, faces)
        metrics = groups.pop('all')
        for name, figures in groups.items():
            metrics[f'NME/{name}'] = figures['NME']
            metrics[f'faces/{name}'] = figures['faces']
        return metrics

    def _measure(self, sample: dict) -> dict:
        """The error of one face, with all that the report needs."""
        if 'id' not in sample or 'img_path' not in sample:
            raise ValueError(
                "FaceNME needs 'id' and 'img_path' in each sample's meta information, found "
                f'{sorted(sample)}: add both to meta_keys of PackPoseInputs.'
            )
        gt_instances, image = sample['gt_instances'], str(sample['img_path'])
        name = f'{image}, face {sample["id"]}'
        gt = as_array(gt_instances['keypoints'])
        pred = as_array(sample['pred_instances']['keypoints'])
        mask = np.ones(gt.shape[:2], bool)
        if 'keypoints_visible' in gt_instances:
            visible = as_array(gt_instances['keypoints_visible'])
            mask = (visible[..., 0] if visible.ndim == 3 else visible).astype(bool)
        gt, pred, mask = (self._chosen(array, name) for array in (gt, pred, mask))
        bboxes = as_array(gt_instances['bboxes']) if 'bboxes' in gt_instances else None
        # A point that is not marked makes the distance NaN, and that is met by name below.
        marked = np.where(mask[..., None], gt, np.nan)
        norm = normaliser(marked, bboxes, self.norm_mode, self.keypoint_indices)
        error = normalised_errors(pred, gt, norm, mask, [name])
        return {
            'id': sample['id'],
            'image': image,
            'error': float(error[0]),
            'attributes': wflw_attributes(sample, name) if self.subsets else None,
            'gt': np.float32(marked[0]),
            'pred': np.float32(pred[0]),
        }

    def _chosen(self, array: np.ndarray, name: str) -> np.ndarray:
        """Of (1, K, ...), the points that are measured."""
        if self.points is None:
            return array
        first, end = self.points
        if end > array.shape[1]:
            raise ValueError(
                f'{name}: points={tuple(self.points)} ends after the {array.shape[1]} points of '
                'the face; set points to those of its mark-up.'
            )
        return array[:, first:end]

    def _figures(self, faces: list[dict]) -> dict[str, float]:
        errors = np.array([face['error'] for face in faces])
        figures = summarise(errors, self.failure_thresholds, self.auc_threshold)
        return {**figures, 'faces': len(faces)}

    def _log(self, groups: dict[str, dict[str, float]]) -> None:
        """One line in percent, and a warning where faces are missing."""
        figures = groups['all']
        if self.num_expected not in (None, figures['faces']):
            print_log(
                f'FaceNME: {figures["faces"]} different faces (image and id) were evaluated, '
                f'the data set has {self.num_expected}.',
                logger='current',
                level=logging.WARNING,
            )
        line = ', '.join(f'{k} {100 * v:.2f} %' for k, v in figures.items() if k != 'faces')
        parts = [f'FaceNME ({self.norm_mode}), {figures["faces"]} faces: {line}']
        parts += [
            f'{name} {100 * group["NME"]:.2f} % ({group["faces"]})'
            for name, group in groups.items()
            if name != 'all'
        ]
        print_log('; '.join(parts), logger='current')

    def _write(self, groups: dict[str, dict[str, float]], faces: list[dict]) -> None:
        """The report: figures, curve and faces."""
        self.out_dir.mkdir(parents=True, exist_ok=True)
        report = {
            'protocol': {
                'unit': 'fractions of the normaliser',
                'norm_mode': self.norm_mode,
                'keypoint_indices': self.keypoint_indices and list(self.keypoint_indices),
                'points': self.points and list(self.points),
                'failure_thresholds': list(self.failure_thresholds),
                'auc_threshold': self.auc_threshold,
                'num_keypoints': len(faces[0]['gt']),
                'num_faces': len(faces),
                'num_faces_in_data_set': self.num_expected,
            },
            'figures': groups['all'],
            'subsets': {name: group for name, group in groups.items() if name != 'all'},
            'faces': [{key: face[key] for key in ('image', 'id', 'error')} for face in faces],
        }
        text = json.dumps(report, indent=1, ensure_ascii=False, default=int)
        (self.out_dir / 'face_nme.json').write_text(text + '\n', encoding='utf-8')
        errors = np.array([face['error'] for face in faces])
        draw_curve(self.out_dir / 'curve.png', errors, self.failure_thresholds, self.auc_threshold)
        draw_sheet(self.out_dir / 'faces.jpg', faces)
