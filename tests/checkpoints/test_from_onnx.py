"""Deployed ONNX files back to networks: made-up ones of the public files' form."""

import numpy as np
import onnx
import pytest
import torch
from helpers.lively import build_lively, soft_images
from helpers.networks import build
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F

from pfld_mm.checkpoints.from_onnx import fill_from_onnx, read_layers
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.export_onnx import export_onnx

SIZE = (64, 48)
SMALL = dict(width_factor=0.25, input_size=SIZE)


@pytest.fixture(scope='module', params=['ghostone', 'ghostnet', 'slim', 'pfld'])
def case(request, tmp_path_factory):
    """A network's name, a deployed file of it that takes RGB in [0, 1], images and points."""
    source = build_lively(request.param, 7, **SMALL)
    network = DeployedNetwork(source, SIZE, fold_preprocessing=False)
    path = tmp_path_factory.mktemp('public') / 'deployed.onnx'
    onnx.save(export_onnx(network, network.input_shape), path)
    images = soft_images(12, SIZE, seed=5)
    with torch.no_grad():
        return request.param, path, images, source(images, None)


def points(model, images):
    with torch.no_grad():
        return model(images, None)


def test_the_training_form_computes_what_the_file_does(case):
    name, path, images, expected = case
    model = build(name, 7, **SMALL)
    assert (points(model, images) - expected).abs().max() > 1e-2
    fill_from_onnx(model, read_layers(path), images[:8], bgr=False)
    assert expected.std(dim=0).max() > 1e-3
    torch.testing.assert_close(points(model, images), expected, atol=5e-5, rtol=0)
    model.switch_to_deploy()
    torch.testing.assert_close(points(model, images), expected, atol=5e-5, rtol=0)


def test_the_running_statistics_are_those_of_the_images(case):
    """In train mode, on the same images, the points hardly differ: nothing starts from chance."""
    name, path, images, expected = case
    model = build(name, 7, **SMALL)
    fill_from_onnx(model, read_layers(path), images, bgr=False)
    moved = points(model.train(), images) - expected
    assert moved.abs().mean() < 0.1 * (expected - expected.mean(0)).abs().mean()


def test_the_deployed_form_takes_the_convolutions_as_they_are(tmp_path):
    source = build_lively('ghostone', 7, **SMALL)
    network = DeployedNetwork(source, SIZE, fold_preprocessing=False)
    onnx.save(export_onnx(network, network.input_shape), tmp_path / 'deployed.onnx')
    model = build('ghostone', 7, inference_mode=True, **SMALL)
    images = soft_images(4, SIZE)
    fill_from_onnx(model, read_layers(tmp_path / 'deployed.onnx'), images, bgr=False)
    torch.testing.assert_close(points(model, images), points(source, images), atol=1e-5, rtol=0)


def test_bgr_files_are_turned_round(case):
    name, path, images, expected = case
    model = build(name, 7, **SMALL)
    fill_from_onnx(model, read_layers(path), images)
    torch.testing.assert_close(points(model, images.flip(1)), expected, atol=5e-5, rtol=0)


def test_the_files_normalisation_folds_exactly_inside_the_border(case):
    """Without padding the first convolution gives the same for both ranges of the input."""
    name, path, images, _ = case
    first, folded = read_layers(path)[0], build(name, 7, **SMALL)
    folded.switch_to_deploy()
    fill_from_onnx(folded, read_layers(path), images, bgr=False, fold_input=True)
    conv = next(m for m in folded.backbone.modules() if isinstance(m, nn.Conv2d))
    images = images.double()
    expected = F.conv2d(2 * images - 1, first.weight, first.bias, 2)
    found = F.conv2d(images, conv.weight.double(), conv.bias.double(), 2)
    torch.testing.assert_close(found, expected, atol=5e-5, rtol=0)


def test_another_number_of_points_leaves_the_last_layer(case):
    name, path, images, _ = case
    model = build(name, 5, **SMALL)
    before = model.head.fc.weight.clone()
    fill_from_onnx(model, read_layers(path), images, bgr=False)
    assert torch.equal(model.head.fc.weight, before)


def test_every_branch_can_learn(case):
    name, path, images, _ = case
    if name != 'ghostone':
        pytest.skip('one branch')
    model = build(name, 7, **SMALL)
    fill_from_onnx(model, read_layers(path), images, bgr=False)
    model.train()(images, None).square().mean().backward()
    gradients = [p.grad for n, p in model.named_parameters() if 'rbr_conv' in n and 'conv.w' in n]
    assert len(gradients) > 100
    assert sum(float(g.abs().max()) > 0 for g in gradients) > 0.95 * len(gradients)


def test_another_network_is_named(case, tmp_path):
    name, path, images, _ = case
    other = build('pfld' if name != 'pfld' else 'ghostnet', 7, **SMALL)
    with pytest.raises(ValueError, match='give the config of the same network'):
        fill_from_onnx(other, read_layers(path), images)
    wider = build(name, 7, width_factor=0.5, input_size=SIZE)
    with pytest.raises(ValueError, match=r'has a kernel of shape .*, the network one of'):
        fill_from_onnx(wider, read_layers(path), images)


def test_files_that_are_none_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no\.onnx does not exist'):
        read_layers(tmp_path / 'no.onnx')
    (tmp_path / 'text.onnx').write_text('text')
    with pytest.raises(ValueError, match=r'text\.onnx'):
        read_layers(tmp_path / 'text.onnx')


def test_a_weight_that_is_computed_is_named(case, tmp_path):
    _, path, _, _ = case
    model = onnx.load(path)
    name = next(node for node in model.graph.node if node.op_type == 'Conv').input[1]
    kept = [w for w in model.graph.initializer if w.name != name]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    onnx.save(model, tmp_path / 'computed.onnx')
    with pytest.raises(ValueError, match='is no constant'):
        read_layers(tmp_path / 'computed.onnx')


def test_a_gemm_is_read_either_way(tmp_path):
    weight = np.arange(6, dtype=np.float32).reshape(2, 3)
    for transposed, stored in ((1, weight), (0, weight.T)):
        nodes = [
            onnx.helper.make_node('Conv', ['x', 'k'], ['y'], name='conv'),
            onnx.helper.make_node('Gemm', ['y', 'w'], ['z'], name='fc', transB=transposed),
        ]
        constants = dict(k=np.ones((1, 1, 1, 1), np.float32), w=np.ascontiguousarray(stored))
        graph = onnx.helper.make_graph(
            nodes, 'g', [], [], [numpy_helper.from_array(v, k) for k, v in constants.items()]
        )
        onnx.save(onnx.helper.make_model(graph), tmp_path / 'gemm.onnx')
        last = read_layers(tmp_path / 'gemm.onnx')[-1]
        np.testing.assert_array_equal(last.weight[:, :, 0, 0], weight)
