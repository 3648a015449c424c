from __future__ import annotations

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import TRANSFORMS

from pfld_mm.core.face_markups import MARKUPS
from pfld_mm.core.head_pose import solve_head_pose


@TRANSFORMS.register_module()
class GenerateFaceLabels(BaseTransform):
    """The labels of a face beside its points; stands between GenerateTarget and PackPoseInputs.

    Adds ``attributes`` (1, 6) float32 and, with ``euler``, ``euler`` (1, 3) float32: yaw, pitch
    and roll in radians, solved from the points in the crop, so flip, rotation and crop are in
    them. Both are packed into ``gt_instance_labels``.

    ``keypoint_weights`` (1, K) become the visibilities: MMPose's RegressionLabel gives weight 0
    to points outside the crop, but a regressed point may be there and must be trained (a chin that
    the crop cuts off).

    Args:
        euler: whether to solve the head pose, where the mark-up has a 3-D model.
    """

    def __init__(self, euler: bool = False) -> None:
        self.euler = euler

    def transform(self, results: dict) -> dict:
        """Add the labels.

        Needs ``transformed_keypoints`` (1, K, 2), ``keypoints_visible`` (1, K), ``attributes``
        (6,) and ``input_size`` (w, h).
        """
        results['keypoint_weights'] = results['keypoints_visible'].astype(np.float32)
        results['attributes'] = np.asarray(results['attributes'], np.float32).reshape(1, 6)
        table = dict(results.get('label_mapping_table', PackPoseInputs.label_mapping_table))
        table['attributes'] = 'attributes'
        if self.euler and results['transformed_keypoints'].shape[1] in MARKUPS:
            results['euler'] = self._euler(results)
            table['euler'] = 'euler'
        results['label_mapping_table'] = table
        return results

    @staticmethod
    def _euler(results: dict) -> np.ndarray:
        pose = solve_head_pose(results['transformed_keypoints'][0], results['input_size'])
        return np.array([[pose.yaw, pose.pitch, pose.roll]], np.float32)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(euler={self.euler})'
