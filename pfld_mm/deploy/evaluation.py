"""NME of an exported model on a config's test set, beside that of PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from mmengine.config import Config
from mmpose.registry import DATASETS
from torch import nn

from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.proof import Session, model_input, trained_output
from pfld_mm.evaluation.functional import normalised_errors, normaliser, summarise


def evaluate(
    cfg: Config,
    estimator: nn.Module,
    network: DeployedNetwork,
    sessions: dict[str, Session],
    most: int | None = None,
) -> dict[str, dict[str, float]]:
    """The figures of PyTorch and of every exported form.

    Args:
        cfg: The model config; its test dataset and its test evaluator's protocol are used.
        estimator: The trained model.
        network: Its deployed form.
        sessions: The exported forms by name.
        most: Use the first ``most`` faces only.

    Returns:
        For 'pytorch' and each session NME, failure rates, AUC and faces; fractions.
    """
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    count = len(dataset) if most is None else min(most, len(dataset))
    forms: dict[str, Callable] = {
        'pytorch': lambda crop: trained_output(estimator, crop),
        **{name: _of_crop(network, session) for name, session in sessions.items()},
    }
    errors: dict[str, list[float]] = {name: [] for name in forms}
    protocol = _protocol(cfg)
    with torch.no_grad():
        for index in range(count):
            sample = dataset[index]
            for name, form in forms.items():
                errors[name].append(_error(form(sample['inputs']), sample, protocol))
    return {
        name: {**summarise(np.array(found)), 'faces': count} for name, found in errors.items()
    }


def _of_crop(network: DeployedNetwork, session: Session) -> Callable:
    return lambda crop: session(model_input(network, crop))


def _protocol(cfg: Config) -> dict:
    evaluator = cfg.get('test_evaluator') or {}
    metric = evaluator[0] if isinstance(evaluator, list) else evaluator
    return dict(
        mode=metric.get('norm_mode', 'inter_ocular'),
        keypoint_indices=metric.get('keypoint_indices'),
    )


def _error(output: np.ndarray, sample: dict, protocol: dict) -> float:
    """Normalised mean error of one face in coordinates of the picture."""
    meta, truth = sample['data_samples'], sample['data_samples'].gt_instances
    size = np.asarray(meta.input_size, np.float64)
    points = output.astype(np.float64) * size  # in the crop
    points = points / size * meta.input_scale + meta.input_center - 0.5 * meta.input_scale
    gt, visible = np.asarray(truth.keypoints), np.asarray(truth.keypoints_visible)
    mask = (visible[..., 0] if visible.ndim == 3 else visible).astype(bool)
    norm = normaliser(gt, np.asarray(truth.bboxes), **protocol)
    return float(normalised_errors(points, gt, norm, mask, [str(meta.img_path)])[0])
