"""An exported model on a config's test set, measured by the config's own metric."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmpose.registry import DATASETS
from torch import nn

from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.proof import Session, model_input, trained_output


def evaluate(
    cfg: Config,
    estimator: nn.Module,
    network: DeployedNetwork,
    sessions: dict[str, Session],
    most: int | None = None,
) -> dict[str, dict[str, float]]:
    """The figures of PyTorch and of every exported form, without flip test.

    Args:
        cfg: The model config; its test dataset and its ``test_evaluator`` are used (FaceNME counts
            with :mod:`pfld_mm.evaluation.functional`).
        estimator: The trained model.
        network: Its deployed form.
        sessions: The exported forms by name.
        most: Use the first ``most`` samples only.

    Returns:
        The metric's figures for 'pytorch' and for each session.
    """
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    count = len(dataset) if most is None else min(most, len(dataset))
    forms: dict[str, Callable] = {
        'pytorch': lambda crop: trained_output(estimator, crop),
        **{name: _of_crop(network, session) for name, session in sessions.items()},
    }
    metrics = {name: Evaluator(copy.deepcopy(cfg.test_evaluator)) for name in forms}
    for metric in metrics.values():
        metric.dataset_meta = dataset.metainfo
    with torch.no_grad():
        for index in range(count):
            sample = dataset[index]
            for name, form in forms.items():
                metrics[name].process([_answer(estimator, sample, form(sample['inputs']))])
    return {
        name: {key: float(value) for key, value in metric.evaluate(count).items()}
        for name, metric in metrics.items()
    }


def _of_crop(network: DeployedNetwork, session: Session) -> Callable:
    return lambda crop: session(model_input(network, crop))


def _answer(estimator: nn.Module, sample: dict, output: np.ndarray):
    """The data sample with the points of ``output`` in the picture."""
    coded = torch.from_numpy(output)
    # mmpose's RegressionLabel wants an axis of instances: (N, 1, K, 2).
    predictions = estimator.head.decode(coded[:, None] if coded.ndim == 3 else coded)
    answers = copy.deepcopy([sample['data_samples']])
    return estimator.add_pred_to_datasample(predictions, None, answers)[0]
