from __future__ import annotations

import logging
import os
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np
import onnx
from mmengine.config import Config
from torch import Tensor

from pfld_mm.checkpoints.load import hash_weights, load_model
from pfld_mm.core.model_info import ModelInfo
from pfld_mm.deploy.backends import ncnn, onnxruntime, openvino, tensorrt
from pfld_mm.deploy.backends.conversion import Calibration, Conversion
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.describe import codec_of, describe, embed
from pfld_mm.deploy.evaluation import Answer, check_nme, evaluate
from pfld_mm.deploy.export_folder import ExportFolder
from pfld_mm.deploy.export_onnx import export_onnx
from pfld_mm.deploy.graph.move_concats import move_concats
from pfld_mm.deploy.graph.quantise import quantise
from pfld_mm.deploy.proof import Proof, check_bound, golden_image, model_input, report_differences
from pfld_mm.deploy.proof_images import ImageCropper, proof_images
from pfld_mm.runtime.backends.open_session import open_session
from pfld_mm.runtime.backends.session import Session
from pfld_mm.runtime.golden_pair import FILE as GOLDEN
from pfld_mm.runtime.golden_pair import GoldenPair
from pfld_mm.runtime.model_folder import ModelFolder

log = logging.getLogger('pfld_mm')

CONVERTERS: dict[str, ModuleType] = dict(openvino=openvino, ncnn=ncnn, tensorrt=tensorrt)


class Exporter:
    """Writes the folder of an exported model, proving every file before it is announced.

    ``model.onnx``, ``model.json``, ``golden.npz`` and ``report.json`` are always written; the
    deploy config adds the files of its runtime. Files of other runtimes from an earlier export of
    the same weights stay. All is written beside the folder and moved in at the end: an export that
    fails leaves the folder as it was, but for ``report.json``.

    Every form is opened and run as the device does it, by ``pfld_mm.runtime``.

    Args:
        deploy_cfg: A config of ``configs/deploy``.
        cfg: The model config.
        checkpoint: Its weights.
        folder: To write into.
        name: Of the model, for the metadata.

    Raises:
        ValueError: On a config without a usable backend, or weights that do not fit.
        ImportError: If the runtime or its converter is not installed.
    """

    task: ClassVar[str]
    unit_name: ClassVar[str]

    def __init__(
        self, deploy_cfg: Config, cfg: Config, checkpoint: str, folder: str | Path, name: str
    ) -> None:
        self.cfg, self.out = cfg, ExportFolder(Path(folder))
        self.deploy_cfg, self.options = deploy_cfg, deploy_cfg.get('pfld_mm', {})
        self.conversion = Conversion.from_config(deploy_cfg)
        runtime, runtimes = self.conversion.runtime, ['onnxruntime', *CONVERTERS]
        if runtime not in runtimes:
            raise ValueError(
                f'{deploy_cfg.filename}: backend_config.type must be one of {sorted(runtimes)}, '
                f'found {runtime!r}'
            )
        if runtime in CONVERTERS:
            CONVERTERS[runtime].check_installed()
        self.int8 = self.options.get('int8')
        self.estimator = load_model(cfg, checkpoint)
        size = tuple(codec_of(cfg)['input_size'])
        fold = self.options.get('fold_preprocessing', True)
        self.network = DeployedNetwork(self.estimator, size, fold)
        self.cropper = ImageCropper(cfg)
        sha256 = hash_weights(self.estimator)
        info = describe(cfg, self.network, self.task, name, sha256, self.output_info())
        self.info = self.complete(info)
        self.report: dict = dict(checkpoint=os.path.basename(checkpoint), weights_sha256=sha256)
        self.report.update(unit=self.unit_name, backends={})
        self.sessions: dict[str, Session] = {}

    @property
    def folder(self) -> Path:
        """Where files are written."""
        return self.out.path

    @abstractmethod
    def output_info(self) -> dict:
        """Name, shape and meaning of the output."""

    @abstractmethod
    def unit(self) -> np.ndarray:
        """What one unit of the output is, see ``Proof``."""

    @abstractmethod
    def answers_of_pytorch(self) -> Answer:
        """The trained model's answers, for the evaluation."""

    @abstractmethod
    def answers_of(self, session: Session) -> Answer:
        """An exported form's answers, for the evaluation: what users of it get."""

    def complete(self, info: ModelInfo) -> ModelInfo:
        """The metadata with what only this task knows."""
        return info

    def export_more(self, crops: dict[str, list[Tensor]]) -> None:
        """Export and prove further networks of the model."""

    def golden_more(self, crop: Tensor, output: np.ndarray) -> dict[str, np.ndarray]:
        """Further fields of the golden pair."""
        return {}

    def run(
        self,
        images: list[str],
        calibration: Callable[[], Iterator[Tensor]] | None = None,
        measure: bool = False,
        max_samples: int | None = None,
    ) -> dict:
        """Export, prove and report.

        Args:
            images: Paths of the user's images, at least one; the first is the golden one.
            calibration: Gives the crops that int8 is calibrated with.
            measure: Evaluate the exported forms on the config's test set; int8 always is.
            max_samples: Evaluate on so many samples only.

        Returns:
            The report, also in ``report.json``.

        Raises:
            ProofFailed: If an exported form is further from PyTorch than its bound; the report is
                written before.
        """
        self.info, kept = self.out.begin(self.info)
        self.report['backends'] = kept
        try:
            crops = proof_images(self.cropper, images)
            self.proof = Proof(self.estimator, self.network, crops, self.unit())
            self.prove('pytorch float32', self.proof.of_trained(), 1e-3)
            self.prove('pytorch deployed', self.proof.of_deployed(), 1e-3)
            portable = self._export_float()
            self.export_more(crops)
            if self.conversion.runtime != 'onnxruntime':
                self._export_runtime(portable, calibration)
            elif self.int8:
                self._export_int8(calibration)
            if measure or self.int8:
                self._measure(max_samples, required=measure)
            self._write_golden(crops['given'][0])
            self.out.write_info(self.info)
        finally:
            self.out.finish(self.report)
        return self.report

    def _export_float(self) -> onnx.ModelProto:
        dynamic = 'dynamic_axes' in self.deploy_cfg.onnx_config
        self.opset = self.deploy_cfg.onnx_config.get('opset_version', 17)
        portable = export_onnx(self.network, self.network.input_shape, dynamic, self.opset)
        block = self.options.get('channel_block', 16)
        model = onnxruntime.optimise(portable, block, self.options.get('split_concats', False))
        is_last = self.conversion.runtime == 'onnxruntime'
        bound = self.options.get('max_error_px', 1e-3) if is_last else 1e-3
        self._accept_onnx('onnxruntime', model, 'model.onnx', bound)
        return portable

    def _export_int8(self, calibration: Callable[[], Iterator[Tensor]] | None) -> None:
        source = move_concats(onnx.load(str(self.folder / 'model.onnx')))
        model = quantise(source, self._inputs(calibration), self.int8.get('float_pool', 0))
        self._accept_onnx('onnxruntime_int8', model, 'model.int8.onnx', self.int8.max_error_px)

    def _export_runtime(
        self, portable: onnx.ModelProto, calibration: Callable[[], Iterator[Tensor]] | None
    ) -> None:
        inputs = self._inputs(calibration) if self.int8 else None
        converter = CONVERTERS[self.conversion.runtime]
        files = converter.convert(portable, self.folder, self.conversion, inputs)
        bound = (self.int8 or self.options).get('max_error_px', 0.05)
        self._accept(self.conversion.form, files, bound)

    def _inputs(self, calibration: Callable[[], Iterator[Tensor]] | None) -> Calibration:
        if calibration is None:
            raise ValueError('int8 needs calibration images: give --calib FOLDER')
        for crop in calibration():
            yield model_input(self.network, crop)

    def _accept_onnx(self, form: str, model: onnx.ModelProto, file: str, bound: float) -> None:
        embed(model, replace(self.info, files={form: (file,)}))
        onnx.save(model, str(self.folder / file))
        self._accept(form, [file], bound)
        self.report['backends'][form]['nodes'] = len(model.graph.node)

    def _accept(self, form: str, files: list[str], bound: float) -> None:
        """Prove a form of the model; then it is part of the folder."""
        info = replace(self.info, files={**self.info.files, form: tuple(files)})
        session = open_session(ModelFolder(self.folder, info), form)
        size = sum((self.folder / file).stat().st_size for file in files)
        self.prove(form, self.proof.of_session(session), bound, files=files, bytes=size)
        self.info = info
        self.sessions[form] = session

    def prove(self, name: str, differences: dict, bound: float, **facts: object) -> None:
        """Report differences from PyTorch, and stop where they pass the bound."""
        rounding = self.proof.rounding
        found = report_differences(name, differences, bound, self.unit_name, rounding)
        self.report['backends'][name] = dict(found, **facts)
        check_bound(name, differences, found['bounds'])

    def _measure(self, max_samples: int | None, required: bool) -> None:
        """The metric's figures on the config's test set, beside PyTorch's."""
        forms = {'pytorch': self.answers_of_pytorch()}
        forms.update({name: self.answers_of(one) for name, one in self.sessions.items()})
        try:
            figures = evaluate(self.cfg, forms, max_samples)
        except FileNotFoundError as reason:
            if required:
                raise
            self.report['evaluation'] = f'NOT MEASURED: {reason}'
            log.warning('the cost of int8 was NOT MEASURED: %s', reason)
            return
        self.report['evaluation'] = figures
        for name, found in figures.items():
            log.info('%-18s %s', name, ', '.join(f'{k} {v:.5f}' for k, v in found.items()))
        if 'NME' in figures['pytorch']:
            check_nme(figures, (self.int8 or {}).get('max_nme_loss', 1e-4))

    def _write_golden(self, crop: Tensor) -> None:
        """The golden pair, with an own output of each form that is inexact by nature."""
        x = model_input(self.network, crop)
        output, folder = self.sessions['onnxruntime'](x), ModelFolder(self.folder, self.info)
        outputs = {
            form: open_session(folder, form)(x)
            for form in self.info.files
            if form == 'onnxruntime_int8'
        }
        more = self.golden_more(crop, output)
        GoldenPair(golden_image(crop), x, output, outputs, **more).write(self.folder / GOLDEN)
