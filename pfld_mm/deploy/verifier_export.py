"""Exports and proves the slider's pair verifier, the second network of the cascade."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from pfld_mm.core.slider.cascade_params import CascadeParams
from pfld_mm.core.slider.pair_crops import crop_pairs, pair_corners
from pfld_mm.core.slider.pair_verdict import PAIR_OUTPUTS
from pfld_mm.core.slider.proposals import find_pairs
from pfld_mm.deploy.export_onnx import export_onnx

CHANNELS = 6
FILE = 'pair_verifier.onnx'


def describe_verifier(verifier: nn.Module) -> dict:
    """What ``model.json`` says of it: file, shape of an input, names of the output's columns."""
    size = verifier.square_size
    return dict(file=FILE, input=[CHANNELS, size, size], outputs=list(PAIR_OUTPUTS))


class VerifierProof:
    """Squares of the proof images, and what the trained network says of them in float64.

    Args:
        verifier: The trained network, in eval mode, not re-parameterised.
        images: Crops RGB and mask (4, h, w) uint8 by kind.
        seed: Of the places that are cut out.
    """

    def __init__(self, verifier: nn.Module, images: dict[str, list[Tensor]], seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.squares = {
            kind: _squares(rng, crops, verifier.square_size) for kind, crops in images.items()
        }
        exact = copy.deepcopy(verifier).double()
        with torch.no_grad():
            self.expected = {
                kind: exact(squares.double()).numpy() for kind, squares in self.squares.items()
            }

    def differences(self, run: Callable[[np.ndarray], np.ndarray]) -> dict[str, dict[str, float]]:
        """Of another form's answers, by kind of image: the largest and the mean."""
        found = {}
        for kind, squares in self.squares.items():
            away = np.abs(run(squares.numpy()) - self.expected[kind])
            found[kind] = dict(max=float(away.max()), mean=float(away.mean()))
        return found


def export_verifier(verifier: nn.Module, opset: int) -> onnx.ModelProto:
    """The graph of the deployed network, for any number of pairs."""
    shape = (CHANNELS, verifier.square_size, verifier.square_size)
    return export_onnx(verifier, shape, dynamic_batch=True, opset=opset)


def golden_squares(crop: Tensor, output: np.ndarray, params: CascadeParams) -> np.ndarray:
    """What the verifier sees of an image: its two likeliest pairs, (P, 6, S, S).

    Args:
        crop: RGB and mask (4, h, w) uint8.
        output: Of the proposal network, (8, h / stride, w / stride).
        params: Of the cascade.
    """
    height, width = crop.shape[1:]
    size = params.square_size
    pairs = find_pairs(output, width // output.shape[2], params)[:2]
    corners = [pair_corners(pair.piece.x, pair.gap.x, pair.row, size) for pair in pairs]
    # without a pair, any place
    corners = corners or [pair_corners(width / 4, 3 * width / 4, height / 2, size)]
    return crop_pairs(crop.permute(1, 2, 0).numpy(), corners, size)


def _squares(rng: np.random.Generator, crops: list[Tensor], size: int) -> Tensor:
    """Two pairs of squares of each image, (P, 6, S, S)."""
    squares = []
    for crop in crops:
        height, width = crop.shape[1:]
        centers = rng.uniform(0, (width, width, height), (2, 3))
        corners = [pair_corners(*center, size) for center in centers]
        squares.append(crop_pairs(crop.permute(1, 2, 0).numpy(), corners, size))
    return torch.from_numpy(np.concatenate(squares))
