from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import torch
from mmengine.dataset import pseudo_collate
from mmpose.registry import KEYPOINT_CODECS
from torch import Tensor

from pfld_mm.core.model_info import ModelInfo
from pfld_mm.core.slider.cascade import SliderCascade
from pfld_mm.deploy.describe import codec_of, embed
from pfld_mm.deploy.evaluation import Answer
from pfld_mm.deploy.exporter import Exporter
from pfld_mm.deploy.proof import model_input
from pfld_mm.deploy.verifier_export import (
    FILE,
    VerifierProof,
    describe_verifier,
    export_verifier,
    golden_squares,
)
from pfld_mm.runtime.backends.open_session import open_verifier
from pfld_mm.runtime.backends.session import Session
from pfld_mm.runtime.model_folder import ModelFolder


class SliderExport(Exporter):
    """Exports a slider's proposal network and, if it has one, its pair verifier."""

    task = 'slider'
    unit_name = 'of the output'

    verifier_session: Session | None = None

    def output_info(self) -> dict:
        """(N, 8, h / stride, w / stride)."""
        stride = self._stride()
        _, height, width = self.network.input_shape
        return dict(
            name='output',
            shape=['batch', 8, height // stride, width // stride],
            meaning=f'(N, 8, h / {stride}, w / {stride}): gap score, piece score, offsets du, dv '
            'of gap and piece in cells, sine and cosine of the angle',
        )

    def unit(self) -> np.ndarray:
        """Of the output: scores and cells."""
        return np.array([1.0])

    def complete(self, info: ModelInfo) -> ModelInfo:
        """With the cascade's parameters and the verifier."""
        verifier = self.estimator.verifier
        return replace(
            info,
            codec={**info.codec, 'stride': self._stride()},
            cascade=self.estimator.cascade_params.to_dict(),
            verifier=None if verifier is None else describe_verifier(verifier),
        )

    def export_more(self, crops: dict[str, list[Tensor]]) -> None:
        """Export the pair verifier, if there is one."""
        if self.estimator.verifier is None:
            return
        model = export_verifier(self.network.verifier, self.opset)
        embed(model, replace(self.info, files={'onnxruntime': (FILE,)}))
        onnx.save(model, str(self.folder / FILE))
        self.verifier_session = open_verifier(ModelFolder(self.folder, self.info), threads=1)
        proof = VerifierProof(self.estimator.verifier, crops)
        differences = proof.differences(self.verifier_session)
        self.prove('pair verifier', differences, 1e-3, files=[FILE])

    def golden_more(self, crop: Tensor, output: np.ndarray) -> dict[str, np.ndarray]:
        """Squares that the verifier sees, and what it says of them."""
        if self.verifier_session is None:
            return {}
        squares = golden_squares(crop, output[0], self.estimator.cascade_params)
        return dict(squares=squares, squares_output=self.verifier_session(squares))

    def answers_of_pytorch(self) -> Answer:
        """The trained model's."""
        return lambda sample: self.estimator.test_step(pseudo_collate([sample]))[0]

    def answers_of(self, session: Session) -> Answer:
        """The cascade's on an exported form: what the device answers."""

        def propose(image: np.ndarray) -> np.ndarray:
            crop = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
            return session(model_input(self.network, crop))[0]

        cascade = SliderCascade(propose, self.verifier_session, self.estimator.cascade_params)

        def answer(sample: dict) -> object:
            crop = np.ascontiguousarray(sample['inputs'].permute(1, 2, 0).numpy())
            return self.estimator.add_predictions([cascade(crop)], [sample['data_samples']])[0]

        return answer

    def _stride(self) -> int:
        """Input pixels per cell, the codec's default included."""
        return KEYPOINT_CODECS.build(codec_of(self.cfg)).stride
