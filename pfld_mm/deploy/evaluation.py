"""An exported model on a config's test set, measured by the config's own metric."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.evaluator import Evaluator
from mmpose.registry import DATASETS
from torch import Tensor, nn

from pfld_mm.core.slider.cascade import SliderCascade
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.proof import Session, model_input, trained_output

Answer = Callable[[dict], object]
"""A dataset's sample -> the data sample with the predictions in the image."""


def evaluate(
    cfg: Config,
    estimator: nn.Module,
    network: DeployedNetwork,
    sessions: dict[str, Session],
    most: int | None = None,
    verifier: Session | None = None,
) -> dict[str, dict[str, float]]:
    """The figures of PyTorch and of every exported form, without flip test.

    What is measured is what users get: faces are decoded by the head, puzzles go through the same
    `SliderCascade` as on the device.

    Args:
        cfg: The model config; its test dataset and its ``test_evaluator`` are used (FaceNME counts
            with :mod:`pfld_mm.evaluation.functional`).
        estimator: The trained model.
        network: Its deployed form.
        sessions: The exported forms by name.
        most: Use the first ``most`` samples only.
        verifier: The exported pair verifier of a slider model.

    Returns:
        The metric's figures for 'pytorch' and for each session.
    """
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    count = len(dataset) if most is None else min(most, len(dataset))
    forms: dict[str, Answer] = {'pytorch': _answers_of_pytorch(estimator)}
    for name, session in sessions.items():
        forms[name] = _answers_of(estimator, network, session, verifier)
    metrics = {name: Evaluator(copy.deepcopy(cfg.test_evaluator)) for name in forms}
    for metric in metrics.values():
        metric.dataset_meta = dataset.metainfo
    with torch.no_grad():
        for index in range(count):
            sample = dataset[index]
            for name, form in forms.items():
                metrics[name].process([form(copy.deepcopy(sample))])
    return {
        name: {key: float(value) for key, value in metric.evaluate(count).items()}
        for name, metric in metrics.items()
    }


def _is_slider(estimator: nn.Module) -> bool:
    return hasattr(estimator, 'cascade_params')


def _answers_of_pytorch(estimator: nn.Module) -> Answer:
    """The trained model's answers; those of a face model without its flip test."""
    if _is_slider(estimator):
        return lambda sample: estimator.test_step(pseudo_collate([sample]))[0]
    return lambda sample: _face_answer(
        estimator, sample, trained_output(estimator, sample['inputs'])
    )


def _answers_of(
    estimator: nn.Module, network: DeployedNetwork, session: Session, verifier: Session | None
) -> Answer:
    """The answers of one exported form."""
    if not _is_slider(estimator):
        return lambda sample: _face_answer(
            estimator, sample, session(model_input(network, sample['inputs']))
        )

    def propose(image: np.ndarray) -> np.ndarray:
        crop = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
        return session(model_input(network, crop))[0]

    cascade = SliderCascade(propose, verifier, estimator.cascade_params)

    def answer(sample: dict) -> object:
        crop: Tensor = sample['inputs']
        prediction = cascade(np.ascontiguousarray(crop.permute(1, 2, 0).numpy()))
        return estimator.add_predictions([prediction], [sample['data_samples']])[0]

    return answer


def _face_answer(estimator: nn.Module, sample: dict, output: np.ndarray) -> object:
    # mmpose's RegressionLabel wants an axis of instances: (N, 1, K, 2).
    coded = torch.from_numpy(output)
    predictions = estimator.head.decode(coded[:, None] if coded.ndim == 3 else coded)
    return estimator.add_pred_to_datasample(predictions, None, [sample['data_samples']])[0]
