import pytest
import torch

import pfld_mm.register  # noqa: F401
from pfld_mm.models.losses.box_distance_iou_loss import BoxDistanceIoULoss


def maps(left, top, right, bottom):
    return torch.tensor([left, top, right, bottom]).log().reshape(1, 4, 1, 1)


ONE = torch.ones(1, 1, 1, 1)


def test_equal_boxes_cost_nothing():
    box = maps(1.0, 2.0, 3.0, 4.0)
    assert BoxDistanceIoULoss()(box, box, ONE).item() == pytest.approx(0, abs=1e-6)


def test_giou_by_hand():
    # 4 x 2 and 2 x 4 around one cell: common 4, union 12, hull 16
    loss = BoxDistanceIoULoss(loss_weight=2.0)(maps(2.0, 1, 2, 1), maps(1.0, 2, 1, 2), ONE)
    assert loss.item() == pytest.approx(2 * (1 - (4 / 12 - 4 / 16)))


def test_weights_and_gradient():
    pred = torch.randn(2, 4, 3, 3, requires_grad=True)
    weight = torch.zeros(2, 1, 3, 3)
    BoxDistanceIoULoss()(pred, torch.randn(2, 4, 3, 3), weight).backward()
    assert (pred.grad == 0).all()
    weight[0, 0, 1, 1] = 1
    pred.grad = None
    BoxDistanceIoULoss()(pred, torch.randn(2, 4, 3, 3), weight).backward()
    assert (pred.grad[0, :, 1, 1] != 0).all() and (pred.grad[1] == 0).all()


def test_absurd_distances_stay_finite():
    pred = torch.full((1, 4, 1, 1), 1000.0, requires_grad=True)
    loss = BoxDistanceIoULoss()(pred, maps(1.0, 1, 1, 1), ONE)
    loss.backward()
    assert loss.isfinite() and pred.grad.isfinite().all()
