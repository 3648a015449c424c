"""The slider's network, letterboxed, in every runtime: the maps are PyTorch's."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from helpers.sessions import open_files
from helpers.tiny_slider import build_tiny_slider
from onnxruntime import InferenceSession

import pfld_mm.register  # noqa: F401
from pfld_mm.deploy.backends import ncnn, onnxruntime, openvino
from pfld_mm.deploy.backends.conversion import Conversion
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.export_onnx import export_onnx
from pfld_mm.deploy.graph.quantise import quantise

CONFIGS = Path(__file__).parents[2] / 'configs'
WIDTH, HEIGHT = 128, 64
PADDED = 10


@pytest.fixture(scope='module', params=[1, 2], ids=['whole', 'downscaled'])
def case(request):
    """A deployed network of lively weights, letterboxed images 0..255, its maps."""
    scale = request.param
    size = (scale * WIDTH, scale * HEIGHT)
    model = build_tiny_slider(downscale=scale, match_channels=16)
    images = torch.rand(2, 4, *size[::-1])
    images[:, 3] = 1
    images[:, :, -scale * PADDED :] = 0
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
            module.reset_running_stats()
    torch.nn.init.normal_(model.head.matcher.query[-1].weight)  # it begins at 0
    torch.nn.init.ones_(model.head.outputs[3].bias)  # an angle of length 0 has no direction
    with torch.no_grad():
        model.train()(images, None)
        expected = model.eval()(images, None).numpy()
    return DeployedNetwork(model, size), images * 255, expected


def check(session, images, expected, bound):
    maps = np.concatenate([session(image[None].numpy() / 255) for image in images])
    assert np.abs(maps - expected).max() < bound


def test_padding_has_no_score(case):
    _, _, expected = case
    rows = -(-PADDED // 4)  # the cell that the edge cuts is valid
    assert not expected[:, :2, -(rows - 1) :].any()
    assert (expected[:, :2, :-rows] > 0).all()
    assert expected[:, :2].std() > 1e-3  # or nothing below would mean anything


def test_onnxruntime(case, tmp_path):
    network, images, expected = case
    model = onnxruntime.optimise(export_onnx(network, network.input_shape, dynamic_batch=True), 16)
    onnx.save(model, tmp_path / 'model.onnx')
    check(open_files(tmp_path, ['model.onnx'], network.input_shape), images, expected, 1e-4)


@pytest.mark.parametrize('runtime', [openvino, ncnn], ids=['openvino', 'ncnn'])
def test_other_runtimes(case, tmp_path, runtime):
    for module in ('openvino',) if runtime is openvino else ('ncnn', 'pnnx'):
        pytest.importorskip(module)
    network, images, expected = case
    portable = export_onnx(network, network.input_shape)
    files = runtime.convert(portable, tmp_path, Conversion(runtime.__name__))
    check(open_files(tmp_path, files, network.input_shape), images, expected, 1e-3)


def test_int8(case):
    """Maps that are concatenated and shapes that are, in one graph."""
    network, images, expected = case
    model = onnxruntime.optimise(export_onnx(network, network.input_shape, dynamic_batch=True), 16)
    calibration = [image[None].numpy() / 255 for image in images] * 10
    quantised = quantise(model, calibration)
    assert 'QuantizeLinear' in {node.op_type for node in quantised.graph.node}
    session = InferenceSession(quantised.SerializeToString(), providers=['CPUExecutionProvider'])
    scores = np.concatenate([session.run(None, {'input': x})[0] for x in calibration[:2]])[:, :2]
    assert np.corrcoef(scores.ravel(), expected[:, :2].ravel())[0, 1] > 0.9
