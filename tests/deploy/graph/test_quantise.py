import numpy as np
import pytest
import torch
from helpers.lively import build_lively, soft_images
from helpers.pair_sums import convolution_operands, exact_sums, pair_sums

from pfld_mm.deploy.backends.onnxruntime import optimise
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.export_onnx import export_onnx
from pfld_mm.deploy.graph.quantise import quantise

SIZE = (64, 64)


@pytest.fixture(scope='module')
def case():
    """A network whose maps and weights use their whole range, and images of hard contrast."""
    model = build_lively('ghostone', 98, SIZE, width_factor=0.25, num_conv_branches=2)
    network = DeployedNetwork(model, SIZE)
    portable = optimise(export_onnx(network, network.input_shape, dynamic_batch=True))
    images = (soft_images(6, SIZE, seed=2) * 255).numpy()
    images[3:] = np.where(images[3:] > 128, 255, 0)
    return portable, [image[None] for image in images]


def saturated(model, images):
    """Names of the convolutions whose sums another processor would clip."""
    names = set()
    for image in images:
        for name, activations, weights in convolution_operands(model, image):
            exact = exact_sums(activations, weights)
            if (pair_sums(activations, weights) != exact).any():
                names.add(name)
    return names


def test_the_oracle_saturates_like_the_instruction():
    # Intel: vpmaddubsw of (255, 255) and (127, 127) is 32767, not 64770
    full, weights = np.full((1, 2), 255, np.uint8), np.full((1, 2), 127, np.int8)
    assert pair_sums(full, weights) == 32767
    assert pair_sums(full, -weights) == -32768
    assert pair_sums(full, weights // 2) == exact_sums(full, weights // 2) == 255 * 126


def test_seven_bits_never_saturate_in_any_pair():
    worst = np.array([[255, 255]], np.uint8)
    for weight in (-64, 63):
        weights = np.full((1, 2), weight, np.int8)
        assert pair_sums(worst, weights) == exact_sums(worst, weights)


def test_no_convolution_saturates_without_vnni(case):
    portable, images = case
    quantised = quantise(portable, images)
    operands = list(convolution_operands(quantised, images[0]))
    assert len(operands) > 15
    assert max(np.abs(weights.astype(int)).max() for _, _, weights in operands) <= 64
    assert saturated(quantised, images) == set()


def test_eight_bits_would_saturate(case):
    portable, images = case
    assert saturated(quantise(portable, images, reduce_range=False), images)


def test_calibration_images_are_needed(case):
    with pytest.raises(ValueError, match='needs calibration images, found none'):
        quantise(case[0], [])


def test_quantised_points_are_near(case):
    from onnxruntime import InferenceSession

    portable, images = case
    forms = [
        InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])
        for model in (portable, quantise(portable, images))
    ]
    exact, near = (
        np.concatenate([form.run(None, {'input': image})[0] for image in images]) for form in forms
    )
    spread = np.linalg.norm(exact - exact.mean(0), axis=-1).mean()
    assert np.linalg.norm(near - exact, axis=-1).mean() < 0.25 * spread
    assert torch.isfinite(torch.from_numpy(near)).all()
