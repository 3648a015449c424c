import math
from types import SimpleNamespace

import pytest
import torch

from pfld_mm.engine.finite_loss_hook import FiniteLossHook, TrainingDiverged

RUNNER = SimpleNamespace(
    iter=6, optim_wrapper=SimpleNamespace(get_lr=lambda: dict(lr=[0.01, 0.002]))
)


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
def test_the_term_iteration_and_learning_rate_are_named(value):
    outputs = dict(loss=torch.tensor(value), loss_a=torch.tensor(1.0), loss_b=torch.tensor(value))
    message = r'iteration 7, learning rate 0\.01: the loss is not finite: loss = .*, loss_b = '
    with pytest.raises(TrainingDiverged, match=message) as caught:
        FiniteLossHook().after_train_iter(RUNNER, 0, None, outputs)
    assert 'loss_a' not in str(caught.value)


def test_finite_losses_pass():
    outputs = dict(loss=torch.tensor(1e30, requires_grad=True), pixel_error=torch.tensor(math.nan))
    FiniteLossHook().after_train_iter(RUNNER, 0, None, outputs)
    FiniteLossHook().before_save_checkpoint(RUNNER, dict(state_dict=dict(w=torch.ones(2))))


def test_weights_that_are_not_finite_are_never_saved():
    state = dict(n=torch.tensor(1), w=torch.tensor([1.0, math.inf]))
    with pytest.raises(TrainingDiverged, match='weights that are not finite: w'):
        FiniteLossHook().before_save_checkpoint(RUNNER, dict(state_dict=state))
