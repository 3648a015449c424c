from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
from mmengine.config import Config
from torch import Tensor, nn

from pfld_mm.checkpoints.load import hash_weights, load_model
from pfld_mm.deploy.backends import ncnn, onnxruntime, openvino, tensorrt
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.evaluation import evaluate
from pfld_mm.deploy.export_onnx import export_onnx
from pfld_mm.deploy.graph.quantise import quantise
from pfld_mm.deploy.metadata import describe, embed, read_description
from pfld_mm.deploy.pictures import PictureCropper, dataset_crops, folder_crops, proof_pictures
from pfld_mm.deploy.proof import Proof, ProofFailed, check_bound, model_input
from pfld_mm.deploy.second_look import FILE as SECOND_LOOK
from pfld_mm.deploy.second_look import SecondLookProof, export_second_look, golden_squares

log = logging.getLogger('pfld_mm')

RUNTIMES = dict(onnxruntime=onnxruntime, openvino=openvino, ncnn=ncnn, tensorrt=tensorrt)


class Exporter:
    """Writes the folder of an exported model, proving every file before it is announced.

    ``model.onnx``, ``model.json``, ``golden.npz`` and ``report.json`` are always written, and
    ``second_look.onnx`` for a slider model with a refiner; the deploy config adds the files of its
    runtime. Files of other runtimes from an earlier export of
    the same weights stay.

    Args:
        deploy_cfg: A config of ``configs/deploy``.
        cfg: The model config.
        checkpoint: Its weights.
        folder: To write into.
        name: Of the model, for the metadata.

    Raises:
        ValueError: On a config without a usable backend, or weights that do not fit.
    """

    def __init__(
        self, deploy_cfg: Config, cfg: Config, checkpoint: str, folder: str | Path, name: str
    ) -> None:
        self.cfg, self.folder = cfg, Path(folder)
        self.runtime = deploy_cfg.get('backend_config', {}).get('type')
        if self.runtime not in RUNTIMES:
            raise ValueError(
                f'{deploy_cfg.filename}: backend_config.type must be one of {sorted(RUNTIMES)}, '
                f'found {self.runtime!r}'
            )
        self.deploy_cfg, self.options = deploy_cfg, deploy_cfg.get('pfld_mm', {})
        self.int8 = self.options.get('int8')
        self.estimator = load_model(cfg, checkpoint)
        codec = cfg.codec if isinstance(cfg.codec, dict) else cfg.codec[-1]
        self.network = DeployedNetwork(
            self.estimator, tuple(codec.input_size), self.options.get('fold_preprocessing', True)
        )
        self.cropper = PictureCropper(cfg)
        self.description = describe(cfg, self.network, name, hash_weights(self.estimator))
        if self._refiner is not None:
            self.description['second_look'] = SECOND_LOOK
        self.report: dict = dict(
            checkpoint=os.path.basename(checkpoint),
            weights_sha256=self.description['weights_sha256'],
            unit='px' if self._is_face else 'of the output',
            backends={},
        )
        self.sessions: dict[str, Callable] = {}

    @property
    def _is_face(self) -> bool:
        return self.description['task'] == 'face'

    @property
    def _refiner(self) -> nn.Module | None:
        return getattr(self.estimator.head, 'refiner', None)

    def run(
        self,
        images: list[str],
        calibration: Callable[[], Iterator[Tensor]] | None = None,
        measure: bool = False,
        most_faces: int | None = None,
    ) -> dict:
        """Export, prove and report.

        Args:
            images: Paths of the user's pictures, at least one; the first is the golden one.
            calibration: Gives the crops that int8 is calibrated with.
            measure: Evaluate the exported forms on the config's test set; int8 always is.
            most_faces: Evaluate only so many faces.

        Returns:
            The report, also in ``report.json``.

        Raises:
            ProofFailed: If an exported form is further from PyTorch than its bound; the report is
                written before.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._keep_other_files()
        pictures = proof_pictures(self.cropper, images)
        unit = np.array(self.description['input_size'] if self._is_face else [1.0], np.float64)
        self.proof = Proof(self.estimator, self.network, pictures, unit)
        try:
            self._prove('pytorch float32', self.proof.of_trained(), 1e-3)
            self._prove('pytorch deployed', self.proof.of_deployed(), 1e-3)
            clean = self._export_float()
            self._export_second_look(pictures)
            self._write_golden(pictures['given'][0])
            if self.runtime != 'onnxruntime':
                self._export_runtime(clean, calibration)
            elif self.int8:
                self._export_int8(calibration)
            if measure or self.int8:
                self._measure(most_faces, required=measure)
        finally:
            self._write('report.json', self.report)
        return self.report

    def _export_float(self) -> onnx.ModelProto:
        dynamic = 'dynamic_axes' in self.deploy_cfg.onnx_config
        opset = self.deploy_cfg.onnx_config.get('opset_version', 17)
        clean = export_onnx(self.network, self.network.input_shape, dynamic, opset)
        block = self.options.get('channel_block', 16)
        model = onnxruntime.optimise(clean, block, self.options.get('split_concats', False))
        bound = 1e-3 if self.runtime != 'onnxruntime' else self.options.get('max_error_px', 1e-3)
        self._add_onnx('onnxruntime', model, 'model.onnx', bound)
        return clean

    def _export_second_look(self, pictures: dict[str, list[Tensor]]) -> None:
        """Export the refiner, if there is one."""
        if self._refiner is None:
            return
        proof = SecondLookProof(self._refiner, pictures)
        model = export_second_look(
            self.network.head.refiner, self.deploy_cfg.onnx_config.get('opset_version', 17)
        )
        embed(model, {**self.description, 'files': {'onnxruntime': [SECOND_LOOK]}})
        onnx.save(model, str(self.folder / SECOND_LOOK))
        session = onnxruntime.open_session(self.folder, [SECOND_LOOK])
        self._prove('second look', proof.differences(session), 1e-3, files=[SECOND_LOOK])

    def _export_int8(self, calibration: Callable[[], Iterator[Tensor]] | None) -> None:
        source = onnx.load(str(self.folder / 'model.onnx'))
        source = onnxruntime.move_concats(source)
        model = quantise(source, self._inputs(calibration), self.int8.get('float_pool', 0))
        self._add_onnx('onnxruntime_int8', model, 'model.int8.onnx', self.int8.max_error_px)

    def _export_runtime(
        self, clean: onnx.ModelProto, calibration: Callable[[], Iterator[Tensor]] | None
    ) -> None:
        settings = dict(half=self.options.get('half', False))
        if self.runtime == 'tensorrt':
            common = self.deploy_cfg.backend_config.common_config
            shapes = self.deploy_cfg.backend_config.model_inputs[0].input_shapes.input
            settings = dict(
                half=common.fp16_mode,
                batches=(shapes.min_shape[0], shapes.opt_shape[0], shapes.max_shape[0]),
                calibration=self._inputs(calibration) if self.int8 else None,
                workspace=common.max_workspace_size,
            )
        name = self.runtime + ('_int8' if self.int8 else '')
        module = RUNTIMES[self.runtime]
        files = module.convert(clean, self.folder, **settings)
        bound = (self.int8 or self.options).get('max_error_px', 0.05)
        self._accept(name, files, module.open_session(self.folder, files), bound)

    def _inputs(self, calibration: Callable[[], Iterator[Tensor]] | None) -> Iterator[np.ndarray]:
        if calibration is None:
            raise ValueError('int8 needs calibration pictures: give --calib FOLDER')
        for crop in calibration():
            yield model_input(self.network, crop)

    def _add_onnx(self, name: str, model: onnx.ModelProto, file: str, bound: float) -> None:
        embed(model, {**self.description, 'files': {name: [file]}})
        onnx.save(model, str(self.folder / file))
        self._accept(name, [file], onnxruntime.open_session(self.folder, [file]), bound)
        self.report['backends'][name]['nodes'] = len(model.graph.node)

    def _accept(self, name: str, files: list[str], session: Callable, bound: float) -> None:
        """Prove a form of the model; then it is part of the folder."""
        size = sum((self.folder / file).stat().st_size for file in files)
        self._prove(name, self.proof.of_session(session), bound, files=files, bytes=size)
        self.description['files'][name] = files
        self._write('model.json', self.description)
        self.sessions[name] = session

    def _prove(self, name: str, differences: dict, bound: float, **facts) -> None:
        # Noise is no picture of the task: rounding grows more there, and int8's error says nothing.
        bounds = dict(given=bound, drawn=bound, noise=10 * bound)
        if 'int8' in name:
            del bounds['noise']
        self.report['backends'][name] = dict(differences=differences, bounds=bounds, **facts)
        for kind, found in differences.items():
            log.info(
                '%-18s %-6s pictures: largest difference %.2e, mean %.2e %s (allowed %s)',
                *(name, kind, found['max'], found['mean'], self.report['unit']),
                f'{bounds[kind]:g}' if kind in bounds else 'any',
            )
        check_bound(name, differences, bounds)

    def _measure(self, most_faces: int | None, required: bool) -> None:
        """NME on the config's test set beside PyTorch's."""
        try:
            figures = evaluate(self.cfg, self.estimator, self.network, self.sessions, most_faces)
        except FileNotFoundError as reason:
            if required:
                raise
            self.report['evaluation'] = f'NOT MEASURED: {reason}'
            log.warning('the cost of int8 was NOT MEASURED: %s', reason)
            return
        self.report['evaluation'] = figures
        for name, found in figures.items():
            log.info('%-18s %s', name, ', '.join(f'{k} {v:.5f}' for k, v in found.items()))
        reference = figures['pytorch'].get('NME')
        if reference is None:
            return
        for found in figures.values():
            found['NME_change'] = found['NME'] / reference - 1
        for name in self.sessions:
            log.info('%-18s NME %+.3f %% of it', name, 100 * figures[name]['NME_change'])
        worst = max(figures, key=lambda name: figures[name]['NME_change'])
        change = figures[worst]['NME_change']
        allowed = (self.int8 or {}).get('max_nme_loss', 1e-4)
        if change > allowed:
            raise ProofFailed(
                f'the NME of {worst} is {100 * change:.2f} % worse than that of PyTorch, allowed '
                f'are {100 * allowed:g} %: calibrate on more pictures or on such as are used'
            )

    def _write_golden(self, crop: Tensor) -> None:
        x = model_input(self.network, crop)
        output, more = self.sessions['onnxruntime'](x), {}
        if self._refiner is not None:
            squares = golden_squares(crop, output[0])
            session = onnxruntime.open_session(self.folder, [SECOND_LOOK])
            more = dict(squares=squares, squares_output=session(squares))
        np.savez_compressed(
            self.folder / 'golden.npz',
            picture=crop.numpy().transpose(1, 2, 0),
            input=x,
            output=output,
            **more,
        )

    def _keep_other_files(self) -> None:
        """Files of other runtimes are kept if they were made of the same weights in this form."""
        earlier = read_description(self.folder)
        same = ('weights_sha256', 'colour_order', 'mean', 'std', 'input_size')
        if earlier and all(earlier.get(key) == self.description[key] for key in same):
            self.description['files'] = {
                name: files
                for name, files in earlier.get('files', {}).items()
                if all((self.folder / file).is_file() for file in files)
            }
            with contextlib.suppress(OSError, ValueError, KeyError):
                text = (self.folder / 'report.json').read_text(encoding='utf-8')
                self.report['backends'] = {
                    name: found
                    for name, found in json.loads(text)['backends'].items()
                    if name in self.description['files']
                }

    def _write(self, file: str, content: dict) -> None:
        text = json.dumps(content, indent=1)
        (self.folder / file).write_text(text + '\n', encoding='utf-8')


def calibration_crops(
    cfg: Config, cropper: PictureCropper, most: int, folder: str | None, dataset_cfg: str | None
) -> Callable[[], Iterator[Tensor]]:
    """What int8 is calibrated with.

    Args:
        cfg: The model config; its training set is used where neither of the next is given.
        cropper: Makes crops of whole pictures.
        most: How many pictures.
        folder: Of pictures of the kind that the model will see (crops, for faces).
        dataset_cfg: Another config, whose ``val_dataloader`` names the dataset.
    """
    if folder is not None:
        return lambda: folder_crops(cropper, folder, most)
    dataset = (
        Config.fromfile(dataset_cfg).val_dataloader.dataset
        if dataset_cfg is not None
        else cfg.train_dataloader.dataset
    )
    return lambda: dataset_crops(dataset, cfg.test_dataloader.dataset.pipeline, most)
