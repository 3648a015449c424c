import copy

import numpy as np
import onnxruntime
import pytest
import torch
from helpers.liven import liven
from helpers.slider_maps import maps, noise_image

import pfld_mm.register  # noqa: F401

# isort: split
from pfld_mm.core.slider.cascade_params import CascadeParams
from pfld_mm.core.slider.pair_crops import crop_pairs, pair_corners
from pfld_mm.core.slider.pair_verdict import PAIR_OUTPUTS
from pfld_mm.deploy.verifier_export import (
    VerifierProof,
    describe_verifier,
    export_verifier,
    golden_squares,
)
from pfld_mm.models.heads.pair_verifier import PairVerifier


@pytest.fixture(scope='module')
def verifier():
    torch.manual_seed(0)
    model = PairVerifier(channels=(8, 8, 8, 8), hidden_channels=8, square_size=32)
    liven(model)
    return model.eval()


def crop(seed):
    values = np.random.default_rng(seed).integers(0, 256, (4, 64, 128), np.uint8)
    return torch.from_numpy(values)


IMAGES = dict(given=[crop(1)], drawn=[crop(2), crop(3)])


def forward(model):
    def run(squares):
        with torch.no_grad():
            return model(torch.from_numpy(squares)).numpy()

    return run


def test_what_the_metadata_say(verifier):
    expected = dict(file='pair_verifier.onnx', input=[6, 32, 32], outputs=list(PAIR_OUTPUTS))
    assert describe_verifier(verifier) == expected


def test_the_graph_judges_any_number_of_pairs(verifier):
    model = copy.deepcopy(verifier)
    session = onnxruntime.InferenceSession(export_verifier(model, 17).SerializeToString())
    for count in (1, 3):
        squares = np.random.default_rng(count).uniform(0, 1, (count, 6, 32, 32)).astype(np.float32)
        found = session.run(None, {'input': squares})[0]
        assert found.shape == (count, len(PAIR_OUTPUTS))
        np.testing.assert_allclose(found, forward(verifier)(squares), atol=1e-4)


def test_the_proof_passes_the_network_and_no_other(verifier):
    proof = VerifierProof(verifier, IMAGES)
    assert {kind: len(squares) for kind, squares in proof.squares.items()} == dict(given=2, drawn=4)
    same = proof.differences(forward(verifier))
    assert all(0 < one['mean'] < one['max'] < 1e-3 for one in same.values())
    answers = forward(verifier)

    def spoiled(squares):
        output = answers(squares)
        output[0, 8] += 0.5
        return output

    found = proof.differences(spoiled)['drawn']
    assert found['max'] == pytest.approx(0.5, abs=1e-3)
    assert found['mean'] == pytest.approx(0.5 / 40, abs=1e-3)  # of 4 pairs with 10 columns


def test_the_squares_are_the_same_at_every_call_and_differ(verifier):
    one, same, other = (VerifierProof(verifier, IMAGES, seed).squares for seed in (0, 0, 1))
    assert torch.equal(one['drawn'], same['drawn'])
    assert not torch.equal(one['drawn'], other['drawn'])
    assert len({square.numpy().tobytes() for square in one['drawn']}) == 4
    assert one['given'].dtype == torch.float32 and 0 <= one['given'].min() < one['given'].max() <= 1


def test_golden_squares_are_those_of_the_two_likeliest_pairs():
    image = noise_image()
    tensor = torch.from_numpy(image.transpose(2, 0, 1).copy())
    gaps = [(90, 20, 0.9), (60, 20, 0.85), (40, 20, 0.3)]
    output = maps(gaps=gaps, pieces=[(15, 20, 0.8)])
    squares = golden_squares(tensor, output, CascadeParams(square_size=32))
    x, y = 4 * 15.75, 4 * 20.5
    corners = [pair_corners(x, 4 * (column + 0.75), y, 32) for column in (90, 60)]
    np.testing.assert_array_equal(squares, crop_pairs(image, corners, 32))


def test_without_a_pair_there_are_golden_squares_all_the_same():
    tensor = torch.from_numpy(noise_image().transpose(2, 0, 1).copy())
    squares = golden_squares(tensor, maps(), CascadeParams(square_size=32))
    assert squares.shape == (1, 6, 32, 32) and squares.std() > 0.1
