from __future__ import annotations

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import KEYPOINT_CODECS, TRANSFORMS
from mmpose.structures import PoseDataSample

META_KEYS = ('img_path', 'ori_shape', 'input_zoom', 'attribute_names')


@TRANSFORMS.register_module()
class PackFinderInputs(BaseTransform):
    """Make the tensor and the data sample of an image with faces.

    Needs ``img`` (H, W, 3) uint8, ``boxes``, ``points``, ``yaw``, ``ignore``. Gives ``inputs``
    (3, H, W) uint8 and ``data_samples`` with ``gt_instances`` (``bboxes``, ``keypoints``, ``yaw``,
    ``ignore``, ``attributes``) and, with an encoder, its maps as ``gt_fields``.

    Args:
        encoder: Config of a codec; None where nothing is trained.
    """

    def __init__(self, encoder: dict | None = None) -> None:
        self.encoder = None if encoder is None else KEYPOINT_CODECS.build(encoder)

    def transform(self, results: dict) -> dict:
        """Pack."""
        count = len(results['boxes'])
        image = np.ascontiguousarray(results['img'].transpose(2, 0, 1))
        sample = PoseDataSample(metainfo={key: results[key] for key in META_KEYS if key in results})
        sample.set_metainfo(dict(img_shape=results['img'].shape[:2]))
        sample.gt_instances = InstanceData(
            bboxes=results['boxes'],
            keypoints=results['points'],
            yaw=results['yaw'],
            ignore=results['ignore'],
            attributes=results.get('attributes', np.zeros((count, 0), np.float32)),
        )
        if self.encoder is not None:
            maps = self.encoder.encode(results['boxes'], results['points'], results['ignore'])
            sample.gt_fields = PixelData(
                **{name: torch.from_numpy(values) for name, values in maps.items()}
            )
        return dict(inputs=torch.from_numpy(image), data_samples=sample)
