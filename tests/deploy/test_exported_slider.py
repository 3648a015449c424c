"""The slider's network, letterboxed, in every runtime: the maps are PyTorch's."""

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch
from helpers.tiny_slider import build_tiny_slider
from mmpose.registry import MODELS
from onnxruntime import InferenceSession

import pfld_mm.register  # noqa: F401
from pfld_mm.deploy.backends import ncnn, onnxruntime, openvino
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.export_onnx import export_onnx
from pfld_mm.deploy.exporter import Exporter
from pfld_mm.deploy.graph.quantise import quantise
from pfld_mm.engine.config import load_config
from pfld_mm.runtime import SliderLocator
from pfld_mm.synth.puzzles.generator import PuzzleGenerator

CONFIGS = Path(__file__).parents[2] / 'configs'
WIDTH, HEIGHT = 128, 64
PADDED = 10


@pytest.fixture(scope='module', params=[1, 2], ids=['whole', 'downscaled'])
def case(request):
    """A deployed network of lively weights, letterboxed pictures 0..255, its maps."""
    scale = request.param
    size = (scale * WIDTH, scale * HEIGHT)
    decoder = dict(type='CenterOffsetAngleLabel', input_size=size, stride=4 * scale)
    model = build_tiny_slider(downscale=scale, match_channels=16, decoder=decoder)
    pictures = torch.rand(2, 4, *size[::-1])
    pictures[:, 3] = 1
    pictures[:, :, -scale * PADDED :] = 0
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
            module.reset_running_stats()
    torch.nn.init.normal_(model.head.matcher.query[-1].weight)  # it begins at 0
    torch.nn.init.ones_(model.head.outputs[3].bias)  # an angle of length 0 has no direction
    with torch.no_grad():
        model.train()(pictures, None)
        expected = model.eval()(pictures, None).numpy()
    return DeployedNetwork(model, size), pictures * 255, expected


def check(session, pictures, expected, bound):
    maps = np.concatenate([session(picture[None].numpy() / 255) for picture in pictures])
    assert np.abs(maps - expected).max() < bound


def test_padding_has_no_heat(case):
    _, _, expected = case
    rows = -(-PADDED // 4)  # the cell that the edge cuts is valid
    assert not expected[:, :2, -(rows - 1) :].any()
    assert (expected[:, :2, :-rows] > 0).all()
    assert expected[:, :2].std() > 1e-3  # or nothing below would mean anything


def test_onnxruntime(case, tmp_path):
    network, pictures, expected = case
    model = onnxruntime.optimise(export_onnx(network, network.input_shape, dynamic_batch=True), 16)
    onnx.save(model, tmp_path / 'model.onnx')
    check(onnxruntime.open_session(tmp_path, ['model.onnx']), pictures, expected, 1e-4)


@pytest.mark.parametrize('runtime', [openvino, ncnn], ids=['openvino', 'ncnn'])
def test_other_runtimes(case, tmp_path, runtime):
    for module in ('openvino',) if runtime is openvino else ('ncnn', 'pnnx'):
        pytest.importorskip(module)
    network, pictures, expected = case
    files = runtime.convert(export_onnx(network, network.input_shape), tmp_path)
    check(runtime.open_session(tmp_path, files), pictures, expected, 1e-3)


def test_int8(case):
    """Maps that are concatenated and shapes that are, in one graph."""
    network, pictures, expected = case
    model = onnxruntime.optimise(export_onnx(network, network.input_shape, dynamic_batch=True), 16)
    calibration = [picture[None].numpy() / 255 for picture in pictures] * 10
    quantised = quantise(model, calibration)
    assert 'QuantizeLinear' in {node.op_type for node in quantised.graph.node}
    session = InferenceSession(quantised.SerializeToString(), providers=['CPUExecutionProvider'])
    heat = np.concatenate([session.run(None, {'input': x})[0] for x in calibration[:2]])[:, :2]
    assert np.corrcoef(heat.ravel(), expected[:, :2].ravel())[0, 1] > 0.9


def test_the_exporter_proves_both_looks(tmp_path, read_deploy_cfg):
    """A whole folder from the config of the fast form, which the runtime opens and tests."""
    cfg = load_config(str(CONFIGS / 'litehrnet18_fast_slider.py'))
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'small.pth')
    picture = PuzzleGenerator(seed=4)[0].picture
    cv2.imwrite(str(tmp_path / 'puzzle.png'), picture)
    deploy, folder = read_deploy_cfg('onnxruntime_static'), tmp_path / 'out'
    exporter = Exporter(deploy, cfg, str(tmp_path / 'small.pth'), folder, 'small')
    report = exporter.run([str(tmp_path / 'puzzle.png')])
    assert report['backends']['second look']['differences']['given']['max'] < 1e-3
    locator = SliderLocator(folder)
    assert locator.second_look is not None
    assert locator.self_test() < 1e-3
    squares = np.random.default_rng(0).uniform(0, 1, (3, 6, 160, 160)).astype(np.float32)
    with torch.no_grad():
        expected = model.eval().head.refiner(torch.from_numpy(squares)).numpy()
    np.testing.assert_allclose(locator.second_look(squares), expected, atol=1e-3)
