from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from mmengine.config import Config

from pfld_mm.checkpoints.load import hash_weights, load_model
from pfld_mm.core.boxes import iou
from pfld_mm.core.finder.decode import CHANNELS, decode_faces
from pfld_mm.core.finder.face_geometry import FIVE_POINTS
from pfld_mm.core.finder.search_windows import search_windows
from pfld_mm.core.image import read_image
from pfld_mm.core.model_info import ModelInfo
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.describe import codec_of, embed, plain, versions
from pfld_mm.deploy.export_folder import ExportFolder
from pfld_mm.deploy.export_onnx import export_onnx
from pfld_mm.deploy.proof import ProofFailed
from pfld_mm.runtime.backends.open_session import open_session
from pfld_mm.runtime.golden_pair import FILE as GOLDEN
from pfld_mm.runtime.golden_pair import GoldenPair
from pfld_mm.runtime.model_folder import ModelFolder

log = logging.getLogger('pfld_mm')

FORM, FILE = 'onnxruntime', 'model.onnx'
INPUT_SIZE = (640, 480)
"""The usual input; the model takes any with sides that are multiples of 32."""
BOUND = 1e-3
"""Of the output map: scores, log distances, points in sides of the box."""
BOUND_PX = 0.05
"""Of the boxes and points of the faces found."""


class FinderExport:
    """Writes the folder of an exported face finder and proves it.

    Unlike ``Exporter`` it knows no crops: the input is a whole image of any size.

    Args:
        deploy_cfg: A config of ``configs/deploy``, of onnxruntime.
        cfg: The model config; ``thresholds`` are those of the exported model.
        checkpoint: Its weights.
        folder: To write into.
        name: Of the model, for the metadata.

    Raises:
        ValueError: If the deploy config asks for another runtime or for int8.
    """

    int8 = None

    def __init__(
        self, deploy_cfg: Config, cfg: Config, checkpoint: str, folder: str | Path, name: str
    ) -> None:
        runtime = deploy_cfg.backend_config.type
        if runtime != FORM or deploy_cfg.get('pfld_mm', {}).get('int8'):
            raise ValueError(
                f'{deploy_cfg.filename}: a face finder is exported for {FORM} in float32 alone; '
                'use configs/deploy/onnxruntime_dynamic.py'
            )
        self.out = ExportFolder(Path(folder))
        self.model = load_model(cfg, checkpoint)
        self.network = DeployedNetwork(self.model, INPUT_SIZE)
        self.opset = deploy_cfg.onnx_config.get('opset_version', 17)
        self.info = self._describe(cfg, name)
        self.report: dict = dict(
            checkpoint=os.path.basename(checkpoint),
            weights_sha256=self.info.weights_sha256,
            backends={},
        )

    def _describe(self, cfg: Config, name: str) -> ModelInfo:
        return ModelInfo(
            task='finder',
            name=name,
            input_size=INPUT_SIZE,
            color_order=self.network.color_order,
            mean=tuple(self.network.mean),
            std=tuple(self.network.std),
            padding=1.0,
            num_keypoints=FIVE_POINTS.num_keypoints,
            keypoint_names=FIVE_POINTS.names,
            flip_pairs=FIVE_POINTS.flip_pairs,
            skeleton=(),
            codec=plain(codec_of(cfg)),
            weights_sha256=hash_weights(self.model),
            output=dict(
                name='output',
                shape=['batch', CHANNELS, 'out_height', 'out_width'],
                meaning='cells of 8 x 8 pixels: score, log distances to the sides of the box in '
                'cells (left, top, right, bottom), five points x, y from the cell in sqrt(w h)',
            ),
            versions=versions(),
            files={FORM: (FILE,)},
            thresholds=dict(cfg.thresholds),
        )

    def run(
        self,
        images: list[str],
        calibration: Callable | None = None,
        measure: bool = False,
        max_samples: int | None = None,
    ) -> dict:
        """Export, prove and report.

        Args:
            images: Paths of the user's images, at least one; the first is the golden one.
            calibration: Not used.
            measure: Refused: ``tools/test.py`` measures the trained form, which is the same.
            max_samples: Not used.

        Returns:
            The report, also in ``report.json``.

        Raises:
            ProofFailed: If the exported form differs from PyTorch; the report is written before.
            ValueError: If an evaluation is asked for.
        """
        if measure:
            raise ValueError('a face finder is measured by tools/test.py, leave --dataset away')
        self.info, _ = self.out.begin(self.info)
        self.info = replace(self.info, files={FORM: (FILE,)})
        try:
            model = export_onnx(self.network, self.network.input_shape, True, self.opset, True)
            embed(model, self.info)
            onnx.save(model, str(self.out.path / FILE))
            self._prove([read_image(path) for path in images])
            self.out.write_info(self.info)
        finally:
            self.out.finish(self.report)
        return self.report

    def _prove(self, images: list[np.ndarray]) -> None:
        """Compare the exported form with PyTorch, and write the golden pair."""
        session = open_session(ModelFolder(self.out.path, self.info), FORM)
        inputs = [search_windows(one.shape, max(INPUT_SIZE))[0].input(one) for one in images]
        noise = np.random.default_rng(0).integers(0, 256, (1, 3, 96, 160))
        inputs.append(noise.astype(np.float32))
        outputs = [session(x) for x in inputs]
        pairs = [self._difference(x, y) for x, y in zip(inputs, outputs, strict=True)]
        found = dict(zip(('output', 'px'), np.max(pairs, axis=0).tolist(), strict=True))
        size = (self.out.path / FILE).stat().st_size
        self.report['backends'][FORM] = dict(
            differences=found, bounds=dict(output=BOUND, px=BOUND_PX), bytes=size
        )
        log.info('%s: %d bytes, output %.1e, faces %.1e px', FILE, size, *found.values())
        if not (found['output'] <= BOUND and found['px'] <= BOUND_PX):
            raise ProofFailed(
                f'the output of {FILE} is {found["output"]:.1e} off (allowed {BOUND:g}), its '
                f'faces {found["px"]:.1e} px (allowed {BOUND_PX:g})'
            )
        window = search_windows(images[0].shape, max(INPUT_SIZE))[0]
        GoldenPair(window.reduced(images[0]), inputs[0], outputs[0]).write(self.out.path / GOLDEN)

    def _difference(self, x: np.ndarray, output: np.ndarray) -> tuple[float, float]:
        """How far an output is from the trained network's: of the map, and of the faces in px."""
        processor = self.model.data_preprocessor
        with torch.no_grad():
            image = (torch.from_numpy(x) - processor.mean) / processor.std
            trained = self.model.double()(image.double(), mode='tensor').numpy()
            self.model.float()
        thresholds = self.info.thresholds or {}
        level, max_iou = thresholds['min_score'], thresholds['max_iou']
        boxes, _, points = decode_faces(output[0], level, max_iou)
        others, _, other_points = decode_faces(trained[0].astype(np.float32), level * 0.98, max_iou)
        off = 0.0
        if len(boxes) and len(others):
            nearest = iou(boxes, others).argmax(axis=1)
            differences = boxes - others[nearest], points - other_points[nearest]
            off = max(float(np.abs(one).max()) for one in differences)
        return float(np.abs(output - trained).max()), off
