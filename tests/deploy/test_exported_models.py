"""Every model of the family, several mark-ups and sizes: onnxruntime gives PyTorch's points."""

import numpy as np
import onnx
import pytest
import torch
from helpers.lively import build_lively, soft_images
from helpers.sessions import open_files
from mmpose.structures import PoseDataSample

from pfld_mm.deploy.backends import ncnn, onnxruntime, openvino
from pfld_mm.deploy.backends.conversion import Conversion
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.export_onnx import export_onnx

CASES = [
    ('pfld', 98, (112, 112), {}),
    ('pfld', 5, (96, 128), {'width_factor': 0.5}),
    ('ghostnet', 98, (112, 112), {}),
    ('ghostnet', 68, (128, 96), {'width_factor': 0.3}),
    ('slim', 106, (96, 96), {}),
    ('ghostone', 98, (112, 112), {}),
    ('ghostone', 68, (96, 128), {'num_conv_branches': 2}),
    ('ghostone', 21, (64, 64), {'width_factor': 0.3, 'num_conv_branches': 1, 'use_se': True}),
]


@pytest.fixture(scope='module', params=CASES, ids=lambda case: f'{case[0]}-{case[1]}-{case[2]}')
def case(request):
    """A model, images, its points in pixels, and its deployed network."""
    name, points, size, backbone = request.param
    model = build_lively(name, points, size, **backbone)
    crops = (soft_images(3, size, seed=1) * 255).byte()
    expected = answers(model, crops) * size
    return model, DeployedNetwork(model, size), crops, expected, size


def answers(model, crops):
    """The trained form's points for raw BGR images, through its own preprocessor."""
    batch = dict(inputs=list(crops), data_samples=[PoseDataSample() for _ in crops])
    with torch.no_grad():
        inputs = model.data_preprocessor(batch, False)['inputs']
        return model(inputs, None, mode='tensor').numpy()


def largest_distance(points, expected):
    return np.linalg.norm(points - expected, axis=-1).max()


def test_the_points_differ_between_images(case):
    assert case[3].std(axis=0).mean() > 1  # or nothing below would mean anything


def test_the_deployed_form_takes_raw_bgr_images(case):
    _, network, crops, expected, size = case
    with torch.no_grad():
        points = network(crops.float()).numpy() * size
    assert largest_distance(points, expected) < 1e-3
    assert (network.color_order, network.mean, network.std) == ('BGR', [0.0] * 3, [1.0] * 3)


@pytest.mark.parametrize('split', [False, True])
def test_onnxruntime(case, tmp_path, split):
    _, network, crops, expected, size = case
    model = onnxruntime.optimise(
        export_onnx(network, network.input_shape, dynamic_batch=True), 16, split
    )
    onnx.save(model, tmp_path / 'model.onnx')
    session = open_files(tmp_path, ['model.onnx'], network.input_shape)
    assert largest_distance(session(crops.float().numpy()) * size, expected) < 1e-3


def test_the_model_is_left_as_it_was(case):
    model, _, crops, expected, size = case
    assert largest_distance(answers(model, crops) * size, expected) == 0


def test_openvino(case, tmp_path):
    pytest.importorskip('openvino')
    check_runtime(openvino, case, tmp_path)


def test_ncnn(case, tmp_path):
    pytest.importorskip('ncnn')
    pytest.importorskip('pnnx')
    check_runtime(ncnn, case, tmp_path)


def check_runtime(runtime, case, folder):
    _, network, crops, expected, size = case
    portable = export_onnx(network, network.input_shape)
    files = runtime.convert(portable, folder, Conversion(runtime.__name__))
    session = open_files(folder, files, network.input_shape)
    points = np.concatenate([session(crop[None].float().numpy()) for crop in crops])
    assert largest_distance(points * size, expected) < 0.05
