"""Shows that the trained, the deployed and the exported form of a model give the same points."""

from __future__ import annotations

import copy
import logging

import numpy as np
import torch
from mmpose.structures import PoseDataSample
from torch import Tensor, nn

from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.runtime.backends.session import Session

log = logging.getLogger('pfld_mm')

MAX_ROUNDINGS = 4
"""An exported form may differ from float64 by so many times PyTorch's float32 difference."""
MAX_ROUNDING = 0.05
"""Upper limit of this rule, in units of the output."""


class ProofFailed(RuntimeError):
    """An exported model does not give the points of the trained one."""


class Proof:
    """The answers of PyTorch to a set of images, and how far other forms are from them.

    The answers are those of the trained form in float64, so that no form's rounding is in them.

    Args:
        estimator: The trained model, in eval mode, not re-parameterised.
        network: Its deployed form.
        images: Crops (C, h, w) uint8 by kind.
        unit: What one unit of the output is in pixels, (2,) for points, (4,) with their standard
            deviations; (1,) for other outputs.
    """

    def __init__(
        self,
        estimator: nn.Module,
        network: DeployedNetwork,
        images: dict[str, list[Tensor]],
        unit: np.ndarray,
    ) -> None:
        self.unit = unit
        self.kinds = [kind for kind, crops in images.items() for _ in crops]
        crops = [crop for kind in images.values() for crop in kind]
        self.inputs = [model_input(network, crop) for crop in crops]
        exact = copy.deepcopy(estimator).double()
        with torch.no_grad():
            self.expected = [trained_output(exact, crop) for crop in crops]
            self.trained = [trained_output(estimator, crop) for crop in crops]
            self.deployed = [network(torch.from_numpy(x)).numpy() for x in self.inputs]
        self.rounding = self.of_trained()

    def of_trained(self) -> dict[str, dict[str, float]]:
        """Differences of the trained form in float32: what rounding alone does."""
        return self._differences(self.trained)

    def of_deployed(self) -> dict[str, dict[str, float]]:
        """Differences of the deployed form in PyTorch."""
        return self._differences(self.deployed)

    def of_session(self, session: Session) -> dict[str, dict[str, float]]:
        """Differences of an exported form, by kind of image: the largest and the mean."""
        return self._differences([session(x) for x in self.inputs])

    def _differences(self, outputs: list[np.ndarray]) -> dict[str, dict[str, float]]:
        by_kind: dict[str, list[np.ndarray]] = {}
        for kind, output, expected in zip(self.kinds, outputs, self.expected, strict=True):
            if output.shape != expected.shape:
                raise ProofFailed(
                    f'the exported model gives an output of shape {output.shape}, PyTorch one of '
                    f'{expected.shape}'
                )
            difference = (output.astype(np.float64) - expected) * self.unit
            if self.unit.size > 1:  # x and y side by side
                difference = difference.reshape(*difference.shape[:-1], -1, 2)
            distance = np.linalg.norm(difference, axis=-1) if self.unit.size > 1 else difference
            by_kind.setdefault(kind, []).append(np.abs(distance))
        return {
            kind: dict(max=float(np.max(found)), mean=float(np.mean(found)))
            for kind, found in by_kind.items()
        }


def model_input(network: DeployedNetwork, crop: Tensor) -> np.ndarray:
    """A crop as the exported model takes it.

    Args:
        network: The deployed network.
        crop: As the test pipeline gives it, uint8: BGR (3, h, w) of a face, RGB and the mask of
            valid pixels (4, h, w) of a puzzle.

    Returns:
        (1, C, h, w) float32.
    """
    image = crop[None].float()
    if network.color_order == 'RGB' and len(crop) == 3:
        image = image.flip(1)
    mean = torch.tensor(network.mean).reshape(1, -1, 1, 1)
    std = torch.tensor(network.std).reshape(1, -1, 1, 1)
    return ((image - mean) / std).numpy()


def golden_image(crop: Tensor) -> np.ndarray:
    """A crop, see ``model_input``, as golden.npz has it: (h, w, C) uint8, BGR first."""
    image = crop.numpy().transpose(1, 2, 0)
    return np.ascontiguousarray(image if len(crop) == 3 else image[..., [2, 1, 0, 3]])


def trained_output(estimator: nn.Module, crop: Tensor) -> np.ndarray:
    """The trained model's answer to a crop (C, h, w) uint8, through its own preprocessor."""
    batch = dict(inputs=[crop], data_samples=[PoseDataSample()])
    inputs = estimator.data_preprocessor(batch, False)['inputs']
    dtype = next(estimator.parameters()).dtype
    return estimator(inputs.to(dtype), None, mode='tensor').numpy()


def check_bound(name: str, differences: dict[str, dict[str, float]], bounds: dict) -> None:
    """Stop where a difference is not below its bound.

    Args:
        name: Of the exported form.
        differences: What ``Proof`` measured.
        bounds: Of the largest difference, by kind of image; a kind without one is only measured.

    Raises:
        ProofFailed: With the kind of image, the difference and the bound.
    """
    for kind, bound in bounds.items():
        found = differences[kind]
        if not found['max'] <= bound:
            raise ProofFailed(
                f'{name}: the output for the {kind} images is up to {found["max"]:.2e} off '
                f'(mean {found["mean"]:.2e}; points in px), allowed are {bound:g}'
            )


def report_differences(
    name: str, differences: dict, bound: float, unit: str, rounding: dict | None = None
) -> dict:
    """Log the differences of a form.

    Args:
        name: Of the exported form.
        differences: What ``Proof`` measured.
        bound: Of the largest difference on images of the task.
        unit: Name of the unit, for the log.
        rounding: Differences of PyTorch's float32. Where these are large already, as of a barely
            trained model, ``MAX_ROUNDINGS`` times as much is allowed.

    Returns:
        ``differences`` and their ``bounds`` by kind of image, for the report.
    """
    # Noise is not an image of the task: rounding errors are larger, and int8's error is
    # meaningless.
    bounds = dict(given=bound, drawn=bound, noise=10 * bound)
    if 'int8' in name:
        del bounds['noise']
    if rounding is not None:
        bounds = {k: max(b, _own_bound(rounding[k]['max'])) for k, b in bounds.items()}
    for kind, found in differences.items():
        allowed = f'{bounds[kind]:g}' if kind in bounds else 'any'
        log.info(
            '%-18s %-6s images: largest difference %.2e, mean %.2e %s (allowed %s)',
            *(name, kind, found['max'], found['mean'], unit, allowed),
        )
    return dict(differences=differences, bounds=bounds)


def _own_bound(rounding: float) -> float:
    return min(MAX_ROUNDINGS * rounding, MAX_ROUNDING)
