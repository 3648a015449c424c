from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import numpy as np
import onnx
import torch
from mmengine.config import Config

from pfld_mm.checkpoints.load import hash_weights, load_model
from pfld_mm.core.boxes import iou
from pfld_mm.core.finder.decode import decode_faces
from pfld_mm.core.finder.face_geometry import FLIPPED_POINTS, POINT_NAMES
from pfld_mm.core.finder.search_windows import search_windows
from pfld_mm.core.image import as_bgr
from pfld_mm.deploy.backends.onnxruntime import open_session
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.export_onnx import export_onnx
from pfld_mm.deploy.metadata import FORMAT, embed, plain, versions
from pfld_mm.deploy.proof import ProofFailed

log = logging.getLogger('pfld_mm')

INPUT_SIZE = (640, 480)
BOUND = 1e-3
"""Of the output map: scores, log distances and points in sides of the box."""
BOUND_PX = 0.05
"""Of the boxes and points of the faces found."""


class FinderExporter:
    """Writes the folder of an exported face finder and proves it.

    ``model.onnx`` takes images of any size with sides that are multiples of 32; beside it
    ``model.json``, ``golden.npz`` and ``report.json``.

    Args:
        cfg: The model config.
        checkpoint: Its weights.
        folder: To write into.
        name: Of the model, for the metadata.
        min_score: Of a face, the default of those who use the model.
    """

    def __init__(
        self, cfg: Config, checkpoint: str, folder: str | Path, name: str, min_score: float = 0.5
    ) -> None:
        self.folder = Path(folder)
        self.model = load_model(cfg, checkpoint)
        self.network = DeployedNetwork(self.model, INPUT_SIZE)
        self.description = self._describe(cfg, name, min_score)
        self.report: dict = dict(
            checkpoint=os.path.basename(checkpoint),
            weights_sha256=self.description['weights_sha256'],
            backends={},
        )

    def _describe(self, cfg: Config, name: str, min_score: float) -> dict:
        swapped = enumerate(FLIPPED_POINTS)
        return dict(
            format=FORMAT,
            task='finder',
            name=name,
            input_size=list(INPUT_SIZE),
            colour_order=self.network.colour_order,
            mean=self.network.mean,
            std=self.network.std,
            crop=dict(rule='whole image', padding=1.0),
            num_keypoints=len(POINT_NAMES),
            keypoint_names=list(POINT_NAMES),
            flip_pairs=[[i, j] for i, j in swapped if i < j],
            skeleton=[],
            codec=plain(cfg.codec),
            thresholds=dict(min_score=min_score, max_iou=cfg.model.test_cfg.max_iou),
            output=dict(name='output', meaning='see pfld_mm.core.finder.decode.decode_faces'),
            versions=versions(),
            weights_sha256=hash_weights(self.model),
            files={},
        )

    def run(self, images: list[np.ndarray]) -> dict:
        """Export, prove and report.

        Args:
            images: (H, W, 3) uint8 BGR, at least one; the first is the golden one.

        Returns:
            The report, also in ``report.json``.

        Raises:
            ProofFailed: If the exported form differs from PyTorch; the report is written before.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._keep('model.onnx')
        session = open_session(self.folder, ['model.onnx'])
        inputs = [_input(image) for image in images]
        rng = np.random.default_rng(0)
        inputs.append(rng.integers(0, 256, (1, 3, 96, 160)).astype(np.float32))
        outputs = [session(x) for x in inputs]
        differences = [self._difference(x, y) for x, y in zip(inputs, outputs, strict=True)]
        found = dict(output=max(d[0] for d in differences), px=max(d[1] for d in differences))
        size = (self.folder / 'model.onnx').stat().st_size
        self.report['backends']['onnxruntime'] = dict(
            differences=found, bounds=dict(output=BOUND, px=BOUND_PX), bytes=size
        )
        self._write('model.json', self.description)
        self._write('report.json', self.report)
        log.info('model.onnx: %d bytes, output %.1e, faces %.1e px', size, *found.values())
        if not (found['output'] <= BOUND and found['px'] <= BOUND_PX):
            raise ProofFailed(
                f'the output of model.onnx is {found["output"]:.1e} off (allowed {BOUND:g}), its '
                f'faces {found["px"]:.1e} px (allowed {BOUND_PX:g})'
            )
        np.savez_compressed(
            self.folder / 'golden.npz',
            picture=as_bgr(images[0]),
            input=inputs[0],
            output=outputs[0],
        )
        return self.report

    def _keep(self, file: str) -> None:
        model = export_onnx(
            self.network, self.network.input_shape, dynamic_batch=True, dynamic_size=True
        )
        self.description['files'] = {'onnxruntime': [file]}
        embed(model, self.description)
        onnx.save(model, str(self.folder / file))

    def _difference(self, x: np.ndarray, output: np.ndarray) -> tuple[float, float]:
        """How far an output is from the trained network's: of the map, and of the faces in px."""
        with torch.no_grad():
            raw = torch.from_numpy(x)
            processor = self.model.data_preprocessor
            raw = (raw - processor.mean) / processor.std
            trained = self.model.double()(raw.double(), mode='tensor').numpy()
            self.model.float()
        level = self.description['thresholds']['min_score']
        boxes, _, points = decode_faces(output[0], level)
        others, _, other_points = decode_faces(trained[0].astype(np.float32), level * 0.98)
        off = 0.0
        if len(boxes) and len(others):
            nearest = iou(boxes, others).argmax(axis=1)
            off = max(
                float(np.abs(boxes - others[nearest]).max()),
                float(np.abs(points - other_points[nearest]).max()),
            )
        return float(np.abs(output - trained).max()), off

    def _write(self, file: str, content: dict) -> None:
        text = json.dumps(content, indent=1)
        (self.folder / file).write_text(text + '\n', encoding='utf-8')


def _input(image: np.ndarray) -> np.ndarray:
    image = as_bgr(image)
    return search_windows(image.shape, max(INPUT_SIZE))[0].input(image)
