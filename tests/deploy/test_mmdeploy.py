"""mmdeploy's own functions work with our deploy configs and our module."""

import cv2
import numpy as np
import onnx
import pytest
import torch
from helpers.runs import CONFIG, ROOT, tiny_options
from mmengine.config import Config
from mmpose.apis import inference_topdown, init_model

pytest.importorskip('mmdeploy')


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
