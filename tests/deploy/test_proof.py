import copy
import logging
import math

import numpy as np
import pytest
import torch
from torch import nn

from pfld_mm.deploy.proof import (
    Proof,
    ProofFailed,
    check_bound,
    golden_image,
    model_input,
    report_differences,
    trained_output,
)


class Preprocessor(nn.Module):
    """BGR 0..255 to RGB 0..1."""

    def forward(self, batch, training):
        assert not training
        return dict(inputs=torch.stack(batch['inputs']).flip(1) / 255)


class Estimator(nn.Module):
    """Two points: the mean color of the image, and its reverse."""

    def __init__(self):
        super().__init__()
        self.data_preprocessor = Preprocessor()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, inputs, data_samples, mode):
        assert mode == 'tensor'
        red, _, blue = (self.weight * inputs.mean((2, 3))).unbind(1)
        return torch.stack([red, blue, blue, red], 1).reshape(-1, 2, 2)


class Deployed(nn.Module):
    """The same on what its metadata say."""

    def __init__(self, color_order='BGR', mean=(0.0,) * 3, std=(255.0,) * 3):
        super().__init__()
        self.color_order, self.mean, self.std = color_order, list(mean), list(std)

    def forward(self, x):
        x = x * torch.tensor(self.std).reshape(1, -1, 1, 1)
        x = (x + torch.tensor(self.mean).reshape(1, -1, 1, 1)) / 255
        colors = x.mean((2, 3)).unbind(1)
        red, blue = (colors[2], colors[0]) if self.color_order == 'BGR' else (colors[0], colors[2])
        return torch.stack([red, blue, blue, red], 1).reshape(-1, 2, 2)


def crop(seed=0, channels=3):
    return torch.randint(0, 256, (channels, 4, 6), generator=torch.Generator().manual_seed(seed),
                         dtype=torch.uint8)  # fmt: skip


IMAGES = dict(given=[crop(1)], drawn=[crop(2), crop(3)])
UNIT = np.array([30.0, 40.0])


@pytest.fixture
def proof():
    with torch.no_grad():
        return Proof(Estimator().eval(), Deployed(), IMAGES, UNIT)


def test_forms_that_agree_do(proof):
    for found in (proof.of_trained(), proof.of_deployed()):
        assert list(found) == ['given', 'drawn']
        assert all(0 <= one['mean'] <= one['max'] < 1e-4 for one in found.values())
    network = Deployed()
    found = proof.of_session(lambda x: network(torch.from_numpy(x)).numpy())
    assert found == proof.of_deployed()


def test_differences_are_pixels_of_a_point(proof):
    """One point of two moved by (0.1, 0.1): 3 px and 4 px, so that it is 5 px away."""
    network = Deployed()

    def session(x):
        output = network(torch.from_numpy(x)).numpy()
        output[:, 0] += 0.1
        return output

    for found in proof.of_session(session).values():
        assert found['max'] == pytest.approx(5, abs=1e-4)
        assert found['mean'] == pytest.approx(2.5, abs=1e-4)


def test_other_outputs_differ_by_their_values():
    with torch.no_grad():
        proof = Proof(Estimator().eval(), Deployed(), IMAGES, np.array([1.0]))
    network = Deployed()
    found = proof.of_session(lambda x: network(torch.from_numpy(x)).numpy() - 0.25)
    assert found['given']['max'] == pytest.approx(0.25, abs=1e-5)


def test_the_wrong_color_order_is_noticed():
    wrong = Deployed()
    wrong.color_order = 'RGB'
    with torch.no_grad():
        proof = Proof(Estimator().eval(), wrong, IMAGES, UNIT)
        right = Proof(Estimator().eval(), Deployed('RGB', (9, 8, 7), (2, 3, 4)), IMAGES, UNIT)
    assert max(one['max'] for one in right.of_deployed().values()) < 1e-4
    # both model_input and the network swap: they agree with each other, not with a given BGR input
    assert max(one['max'] for one in proof.of_deployed().values()) < 1e-4
    swapped = right.of_session(lambda x: Deployed()(torch.from_numpy(x)).numpy())
    assert max(one['max'] for one in swapped.values()) > 0.1


def test_rounding_of_no_form_is_in_the_answers(proof):
    exact = copy.deepcopy(Estimator()).double()
    with torch.no_grad():
        expected = trained_output(exact, IMAGES['given'][0])
    assert expected.dtype == np.float64
    np.testing.assert_array_equal(proof.expected[0], expected)


def test_another_shape_is_refused(proof):
    with pytest.raises(ProofFailed, match=r'shape \(1, 3, 2\), PyTorch one of \(1, 2, 2\)'):
        proof.of_session(lambda x: np.zeros((1, 3, 2), np.float32))


def test_input_by_hand():
    image = crop()
    tensor = model_input(Deployed('RGB', (1, 2, 3), (4, 5, 6)), image)
    assert tensor.shape == (1, 3, 4, 6) and tensor.dtype == np.float32
    expected = (image.numpy()[::-1].transpose(1, 2, 0) - np.float32([1, 2, 3])) / (4, 5, 6)
    np.testing.assert_allclose(tensor[0].transpose(1, 2, 0), expected, rtol=1e-6)
    puzzle = crop(channels=4)  # RGB already
    tensor = model_input(Deployed('RGB', (0.0,) * 4, (1.0,) * 4), puzzle)
    np.testing.assert_array_equal(tensor[0], puzzle.numpy())


@pytest.mark.parametrize(('channels', 'order'), [(3, [0, 1, 2]), (4, [2, 1, 0, 3])])
def test_golden_images_are_bgr(channels, order):
    image = crop(channels=channels)
    golden = golden_image(image)
    assert golden.flags['C_CONTIGUOUS']
    np.testing.assert_array_equal(golden, image.numpy()[order].transpose(1, 2, 0))


@pytest.mark.parametrize('found', [0.5, math.nan])
def test_what_is_not_below_its_bound_is_named(found):
    differences = dict(given=dict(max=found, mean=0.1), noise=dict(max=9.0, mean=9.0))
    with pytest.raises(
        ProofFailed, match=r'ncnn: the output for the given images.*allowed are 0.4'
    ):
        check_bound('ncnn', differences, dict(given=0.4))
    check_bound('ncnn', dict(given=dict(max=0.4, mean=0.1)), dict(given=0.4))


@pytest.mark.parametrize(
    ('name', 'bounds'),
    [
        ('ncnn', dict(given=0.5, drawn=0.5, noise=5.0)),
        ('onnxruntime_int8', dict(given=0.5, drawn=0.5)),
    ],
)
def test_noise_has_ten_times_the_bound_and_none_in_int8(name, bounds, caplog):
    differences = {kind: dict(max=0.2, mean=0.1) for kind in ('given', 'drawn', 'noise')}
    with caplog.at_level(logging.INFO, 'pfld_mm'):
        report = report_differences(name, differences, 0.5, 'px')
    assert report == dict(differences=differences, bounds=bounds)
    assert caplog.text.count('largest difference 2.00e-01, mean 1.00e-01 px') == 3
    assert ('allowed any' in caplog.text) == ('int8' in name)
