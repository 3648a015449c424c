"""An exported model on a config's test set, measured by the config's own metric."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Mapping

import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmpose.registry import DATASETS

from pfld_mm.deploy.proof import ProofFailed

log = logging.getLogger('pfld_mm')

Answer = Callable[[dict], object]
"""A dataset's sample -> the data sample with the predictions in the image."""


def evaluate(
    cfg: Config, forms: Mapping[str, Answer], max_samples: int | None = None
) -> dict[str, dict[str, float]]:
    """The figures of several forms of a model on the same samples, without flip test.

    Args:
        cfg: The model config; its test dataset and its ``test_evaluator`` are used.
        forms: Name -> answers of the form.
        max_samples: Use the first samples only.

    Returns:
        The metric's figures for each form.
    """
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    count = len(dataset) if max_samples is None else min(max_samples, len(dataset))
    metrics = {name: Evaluator(copy.deepcopy(cfg.test_evaluator)) for name in forms}
    for metric in metrics.values():
        metric.dataset_meta = dataset.metainfo
    with torch.no_grad():
        for index in range(count):
            sample = dataset[index]
            for name, answer in forms.items():
                metrics[name].process([answer(copy.deepcopy(sample))])
    return {
        name: {key: float(value) for key, value in metric.evaluate(count).items()}
        for name, metric in metrics.items()
    }


def check_nme(figures: dict[str, dict[str, float]], max_loss: float) -> None:
    """Add each form's ``NME_change`` over PyTorch's, and stop where one loses too much.

    Args:
        figures: What ``evaluate`` gave, changed in place.
        max_loss: Of the NME, as a fraction of it.

    Raises:
        ProofFailed: With the form and its loss.
    """
    reference = figures['pytorch']['NME']
    for name, found in figures.items():
        found['NME_change'] = found['NME'] / reference - 1
        log.info('%-18s NME %+.3f %% of it', name, 100 * found['NME_change'])
    worst = max(figures, key=lambda name: figures[name]['NME_change'])
    change = figures[worst]['NME_change']
    if change > max_loss:
        raise ProofFailed(
            f'the NME of {worst} is {100 * change:.2f} % worse than that of PyTorch, allowed are '
            f'{100 * max_loss:g} %: calibrate on more images or on such as are used'
        )
