"""mmdeploy's own functions work with our deploy configs and our module."""

import inspect
import sys

import cv2
import numpy as np
import onnx
import pytest
import torch
from helpers.runs import CONFIG, ROOT, tiny_options
from mmengine.config import Config
from mmpose.apis import inference_topdown, init_model

pytest.importorskip('mmdeploy')

from pfld_mm.deploy import mmdeploy_patches


@pytest.mark.parametrize('name', ['onnxruntime_static', 'onnxruntime_dynamic'])
def test_torch2onnx_and_inference_model(
    synthetic_faces, checkpoint, image_path, tmp_path, deploy_cfg, name
):
    from mmdeploy.apis import inference_model, torch2onnx

    import pfld_mm.deploy  # noqa: F401

    cfg = Config.fromfile(CONFIG)
    cfg.merge_from_dict(tiny_options(synthetic_faces))
    cfg.dump(tmp_path / 'model_cfg.py')
    path, deploy = str(tmp_path / 'model_cfg.py'), deploy_cfg(name).filename
    torch2onnx(image_path, str(tmp_path), 'model.onnx', deploy, path, checkpoint, 'cpu')
    model = str(tmp_path / 'model.onnx')
    kinds = {node.op_type for node in onnx.load(model).graph.node}
    assert not kinds & {'BatchNormalization', 'Identity', 'Dropout'}
    found = inference_model(path, deploy, [model], image_path, 'cpu')[0].pred_instances
    trained = init_model(path, checkpoint, device='cpu')
    image = cv2.imread(image_path)
    with torch.no_grad():
        expected = inference_topdown(trained, image)[0].pred_instances
    assert expected.keypoints.std() > 1
    np.testing.assert_allclose(found.keypoints, expected.keypoints, atol=1e-2)


def test_every_deploy_config_names_our_module():
    paths = sorted((ROOT / 'configs/deploy').glob('*.py'))
    assert len(paths) == 10
    for path in paths:
        config = Config.fromfile(path)
        assert config.codebase_config.module == ['pfld_mm.deploy']


def test_torchs_exporter_is_torchscript_and_patched_once(monkeypatch):
    parameters = inspect.signature(torch.onnx.export).parameters
    assert parameters['dynamo'].default is False
    before = torch.onnx.export
    mmdeploy_patches.use_torchscript_exporter()
    assert torch.onnx.export is before

    def newer(model, dynamo=True):
        return model, dynamo

    monkeypatch.setattr(torch.onnx, 'export', newer)
    mmdeploy_patches.use_torchscript_exporter()
    assert torch.onnx.export('model') == ('model', False)
    monkeypatch.setattr(torch.onnx, 'export', lambda model: model)  # of an old torch
    mmdeploy_patches.use_torchscript_exporter()
    assert torch.onnx.export('model') == 'model'


def test_without_mmdet_mmposes_rewriters_are_registered(monkeypatch):
    monkeypatch.setattr(mmdeploy_patches.MMPose, 'register_deploy_modules', None)
    mmdeploy_patches.register_without_mmdet()
    mmdeploy_patches.MMPose.register_deploy_modules()
    assert 'mmdeploy.codebase.mmpose.models' in sys.modules
