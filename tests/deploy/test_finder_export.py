import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

import pfld_mm.register  # noqa: F401
from pfld_mm.deploy import finder_export
from pfld_mm.deploy.make_exporter import make_exporter
from pfld_mm.deploy.proof import ProofFailed
from pfld_mm.engine.config import load_config
from pfld_mm.runtime.face_finder import FaceFinder

ROOT = Path(__file__).parents[2]
DEPLOY = Config.fromfile(ROOT / 'configs/deploy/onnxruntime_dynamic.py')


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """Config, checkpoint and image of a network that sees faces in noise."""
    folder = tmp_path_factory.mktemp('finder')
    cfg = load_config(ROOT / 'configs/face_finder.py')
    init_default_scope('mmpose')
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    with torch.no_grad():
        model.head.predict_all.weight[0] *= 100
        model.head.predict_all.bias[0] = 0
        for _ in range(4):
            model(torch.randn(2, 3, 96, 96))
    torch.save(dict(state_dict=model.state_dict()), folder / 'finder.pth')
    image = np.random.default_rng(0).integers(0, 256, (90, 130, 3), np.uint8)
    cv2.imwrite(str(folder / 'image.png'), image)
    return cfg, str(folder / 'finder.pth'), str(folder / 'image.png')


def test_the_exported_finder_is_the_trained_one(trained, tmp_path):
    cfg, checkpoint, image = trained
    report = make_exporter(DEPLOY, cfg, checkpoint, tmp_path / 'out', 'tiny').run([image])
    found = report['backends']['onnxruntime']
    assert found['differences']['output'] < 1e-4 and found['bytes'] < 1.2e6
    assert json.loads((tmp_path / 'out/report.json').read_text()) == report
    finder = FaceFinder(tmp_path / 'out', min_score=0.4)
    assert finder.self_test() < 1e-3
    assert finder.info.thresholds == dict(cfg.thresholds) and finder.info.name == 'tiny'
    faces = finder(cv2.imread(image))
    assert len(faces) > 0  # else nothing was compared
    assert len(FaceFinder(tmp_path / 'out/model.onnx', min_score=0.4)(cv2.imread(image))) > 0


def test_another_network_is_noticed(trained, tmp_path, monkeypatch):
    cfg, checkpoint, image = trained
    exporter = make_exporter(DEPLOY, cfg, checkpoint, tmp_path / 'out', 'tiny')
    original = finder_export.export_onnx

    def spoiled(network, *arguments):
        network.head.predict_all.bias[2] += 0.01
        return original(network, *arguments)

    monkeypatch.setattr(finder_export, 'export_onnx', spoiled)
    with pytest.raises(ProofFailed, match='allowed'):
        exporter.run([image])
    assert not (tmp_path / 'out/model.onnx').exists() and (tmp_path / 'out/report.json').is_file()


@pytest.mark.parametrize('name', ['onnxruntime_int8', 'openvino'])
def test_other_runtimes_are_refused(trained, tmp_path, name):
    cfg, checkpoint, _ = trained
    deploy = Config.fromfile(ROOT / f'configs/deploy/{name}.py')
    with pytest.raises(ValueError, match='onnxruntime in float32 alone'):
        make_exporter(deploy, cfg, checkpoint, tmp_path / 'out', 'tiny')
