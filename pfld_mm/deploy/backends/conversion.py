from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from mmengine.config import Config


@dataclass(frozen=True)
class Conversion:
    """What a deploy config says of the conversion into a runtime's files.

    Attributes:
        runtime: ``onnxruntime``, ``openvino``, ``ncnn`` or ``tensorrt``.
        half: Weights (TensorRT: and computing) in float16.
        int8: int8, calibrated.
        batches: Least, best and largest number of images of a call (TensorRT).
        workspace: Bytes of GPU memory for the builder (TensorRT).
    """

    runtime: str
    half: bool = False
    int8: bool = False
    batches: tuple[int, int, int] = (1, 1, 8)
    workspace: int = 1 << 30

    @property
    def form(self) -> str:
        """What the runtime calls the exported form, such as ``ncnn_fp16``."""
        return self.runtime + ('_int8' if self.int8 else '_fp16' if self.half else '')

    @classmethod
    def from_config(cls, deploy_cfg: Config) -> Conversion:
        """Read a config of ``configs/deploy``."""
        options = deploy_cfg.get('pfld_mm', {})
        runtime = deploy_cfg.get('backend_config', {}).get('type')
        int8 = options.get('int8') is not None
        if runtime != 'tensorrt':
            return cls(runtime, options.get('half', False), int8)
        common = deploy_cfg.backend_config.common_config
        shapes = deploy_cfg.backend_config.model_inputs[0].input_shapes.input
        batches = (shapes.min_shape[0], shapes.opt_shape[0], shapes.max_shape[0])
        return cls(runtime, common.fp16_mode, int8, batches, common.max_workspace_size)


Calibration = Iterator[np.ndarray]
"""Images (1, C, h, w) float32 as the model takes them."""
