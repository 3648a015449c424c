"""Exports and proves the slider's second look, a small network beside the first."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from pfld_mm.core.slider.cascade import SQUARE, cut_squares, find_pairs, square_corners
from pfld_mm.deploy.export_onnx import export_onnx

CHANNELS = 6
FILE = 'second_look.onnx'


class SecondLookProof:
    """Squares of the proof pictures, and what the trained network says of them in float64.

    Args:
        refiner: The trained network, in eval mode, not re-parameterised.
        pictures: Crops RGB and mask (4, h, w) uint8 by kind.
        seed: Of the places that are cut out.
    """

    def __init__(
        self, refiner: nn.Module, pictures: dict[str, list[Tensor]], seed: int = 0
    ) -> None:
        rng = np.random.default_rng(seed)
        self.squares = {kind: _squares(rng, crops) for kind, crops in pictures.items()}
        exact = copy.deepcopy(refiner).double()
        with torch.no_grad():
            self.expected = {
                kind: exact(squares.double()).numpy() for kind, squares in self.squares.items()
            }

    def differences(self, run: Callable[[np.ndarray], np.ndarray]) -> dict[str, dict[str, float]]:
        """Of another form's answers, by kind of picture: the largest and the mean."""
        found = {}
        for kind, squares in self.squares.items():
            away = np.abs(run(squares.numpy()) - self.expected[kind])
            found[kind] = dict(max=float(away.max()), mean=float(away.mean()))
        return found


def export_second_look(refiner: nn.Module, opset: int) -> onnx.ModelProto:
    """The graph of the deployed network, for any number of pairs."""
    return export_onnx(refiner, (CHANNELS, SQUARE, SQUARE), dynamic_batch=True, opset=opset)


def golden_squares(crop: Tensor, output: np.ndarray) -> np.ndarray:
    """What the second look sees of a picture: its two likeliest pairs, (P, 6, 160, 160).

    Args:
        crop: RGB and mask (4, h, w) uint8.
        output: Of the first network, (8, h / stride, w / stride).
    """
    height, width = crop.shape[1:]
    # without a pair, any place
    corners = [pair.corners for pair in find_pairs(output, width // output.shape[2])[:2]]
    corners = corners or [square_corners(width / 4, 3 * width / 4, height / 2)]
    picture = crop[:3].permute(1, 2, 0).numpy()
    return np.stack([cut_squares(picture, one) for one in corners]) / np.float32(255)


def _squares(rng: np.random.Generator, crops: list[Tensor]) -> Tensor:
    """Two pairs of squares of each picture, (P, 6, 160, 160)."""
    squares = []
    for crop in crops:
        picture = crop[:3].permute(1, 2, 0).numpy()
        height, width = crop.shape[1:]
        for place in rng.uniform(0, (width, width, height), (2, 3)):
            squares.append(cut_squares(picture, square_corners(*place)))
    return torch.from_numpy(np.stack(squares)).float() / 255
