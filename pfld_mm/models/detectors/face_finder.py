from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.model import BaseModel
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from pfld_mm.core.finder.decode import decode_faces


@MODELS.register_module()
class FaceFinderNet(BaseModel):
    """Finds all faces of an image: backbone, neck and head of one map (anchor-free).

    Args:
        backbone: Config; (N, 3, H, W) -> features.
        neck: Config; features -> (N, C, H / 8, W / 8).
        head: Config; -> (N, 15, H / 8, W / 8).
        train_cfg: Not used; mmpose's ``init_model`` sets it.
        test_cfg: ``min_score`` and ``max_iou`` of `decode_faces`.
        data_preprocessor: Config; states color order, mean and std.
        init_cfg: As in mmengine.
    """

    def __init__(
        self,
        backbone: dict,
        neck: dict,
        head: dict,
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.backbone = MODELS.build(backbone)
        self.neck = MODELS.build(neck)
        self.head = MODELS.build(head)
        self.test_cfg = dict(test_cfg or {})

    def forward(
        self,
        inputs: Tensor,
        data_samples: Sequence[PoseDataSample] | None = None,
        mode: str = 'tensor',
    ) -> Tensor | dict[str, Tensor] | list[PoseDataSample]:
        """Run one of the three modes of MMEngine.

        Args:
            inputs: (N, 3, H, W) preprocessed; H and W are multiples of 32.
            data_samples: N samples; for ``'loss'`` with the maps of `FaceMapLabel`.
            mode: ``'tensor'``: the output map (N, 15, h, w); ``'loss'``: the losses by name;
                ``'predict'``: the samples with ``pred_instances``.

        Raises:
            ValueError: If the mode is none of the three.
        """
        if mode == 'loss':
            return self.head.loss(self.extract_feat(inputs), stack_fields(data_samples, inputs))
        if mode not in ('tensor', 'predict'):
            raise ValueError(f"mode must be 'tensor', 'loss' or 'predict', found {mode!r}")
        output = self.head(self.extract_feat(inputs))
        return output if mode == 'tensor' else self._predict(output, data_samples)

    def extract_feat(self, inputs: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, C, H / 8, W / 8)."""
        return self.neck(self.backbone(inputs))

    def _predict(
        self, output: Tensor, data_samples: Sequence[PoseDataSample]
    ) -> list[PoseDataSample]:
        """Boxes, scores and points in pixels of the original images."""
        for one, sample in zip(output.detach().float().cpu().numpy(), data_samples, strict=True):
            boxes, scores, points = decode_faces(one, **self.test_cfg)
            zoom = sample.metainfo.get('input_zoom', 1.0)
            sample.pred_instances = InstanceData(
                bboxes=(boxes + 0.5) / zoom - 0.5,
                bbox_scores=scores,
                keypoints=(points + 0.5) / zoom - 0.5,
            )
        return list(data_samples)

    def switch_to_deploy(self, test_cfg: dict | None = None) -> None:
        """Fold every BatchNorm. A second call changes nothing."""
        self.eval()
        for module in self.modules():
            if module is not self and hasattr(module, 'switch_to_deploy'):
                module.switch_to_deploy(test_cfg)


def stack_fields(samples: Sequence[PoseDataSample], like: Tensor) -> dict[str, Tensor]:
    """The samples' maps by name, each (N, channels, h, w), where ``like`` lies."""
    fields = [sample.gt_fields for sample in samples]
    return {
        name: torch.stack([torch.as_tensor(one.get(name)) for one in fields]).to(like)
        for name in fields[0].keys()
    }
