"""Points and standard deviations in every form of an exported face model."""

import json

import numpy as np
import onnx
import pytest
import torch
from helpers.lively import build_lively
from mmengine.config import ConfigDict

from pfld_mm.deploy.make_exporter import make_exporter
from pfld_mm.deploy.proof_images import calibration_crops
from pfld_mm.models.heads.pfld_head import PFLDHead
from pfld_mm.runtime import FaceLandmarker


@pytest.fixture(scope='module')
def sigma_checkpoint(tmp_path_factory):
    model = build_lively('ghostone', spread=0.01, width_factor=0.125, num_conv_branches=2)
    head = PFLDHead(model.head.in_channels, 98, loss_sigma=dict(type='GaussianSigmaLoss'))
    torch.manual_seed(3)
    torch.nn.init.normal_(head.sigma_branch.weight, std=0.003)
    torch.nn.init.constant_(head.sigma_branch.bias, -4)
    state = {f'head.{key}': value for key, value in head.state_dict().items() if 'sigma' in key}
    path = tmp_path_factory.mktemp('checkpoint') / 'sigma.pth'
    torch.save(dict(state_dict={**model.state_dict(), **state}), path)
    return str(path)


@pytest.fixture
def exported(cfg, sigma_checkpoint, image_path, read_deploy_cfg, tmp_path):
    def export(name, **options):
        cfg.model.head.loss_sigma = ConfigDict(type='GaussianSigmaLoss')
        deploy = read_deploy_cfg(name)
        deploy.pfld_mm.update(options)
        exporter = make_exporter(deploy, cfg, sigma_checkpoint, tmp_path / 'out', 'sigma')
        exporter.run([image_path], calibration_crops(cfg, exporter.cropper, 8, None, None))
        return tmp_path / 'out'

    return export


def test_the_proof_covers_sigma(exported):
    folder = exported('onnxruntime_dynamic')
    info = json.loads((folder / 'model.json').read_text())
    assert info['output']['shape'] == ['batch', 98, 4]
    dims = onnx.load(folder / 'model.onnx').graph.output[0].type.tensor_type.shape.dim
    assert dims[0].dim_param == 'batch' and [d.dim_value for d in dims[1:]] == [98, 4]
    landmarker = FaceLandmarker(folder)
    assert landmarker.self_test() < 1e-2
    face = landmarker(np.zeros((120, 120, 3), np.uint8), [[10, 10, 110, 110]])[0]
    assert face.scores.shape == (98,) and 0.5 < face.score < 1
    assert (face.sigmas > 0).all()


def test_int8_keeps_both_last_layers_in_float(exported):
    int8 = dict(images=8, max_error_px=60.0, max_nme_loss=0.5)
    folder = exported('onnxruntime_int8', int8=int8)
    graph = onnx.load(folder / 'model.int8.onnx').graph
    makers = {node.output[0] for node in graph.node}
    in_float = [n for n in graph.node if n.op_type == 'Conv' and n.input[1] not in makers]
    assert len(in_float) == 2
    assert FaceLandmarker(folder, 'onnxruntime_int8').self_test() < 0.25


@pytest.mark.parametrize('name', ['openvino', 'ncnn'])
def test_other_runtimes(exported, name):
    pytest.importorskip(name)
    if name == 'ncnn':
        pytest.importorskip('pnnx')
    folder = exported('openvino' if name == 'openvino' else 'ncnn_fp32')
    assert FaceLandmarker(folder, name).self_test() < 0.05
