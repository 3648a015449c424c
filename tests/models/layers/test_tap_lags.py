from itertools import product

import pytest
import torch

from pfld_mm.models.layers.tap_lags import TAPS, lag_matrix, window

CPU = torch.device('cpu')


@pytest.mark.parametrize('columns', [TAPS, (0,), (2,)])
@pytest.mark.parametrize('rows', [TAPS, (0,), (2,)])
def test_at_stride_1_every_pair_of_taps_has_its_lag(rows, columns):
    matrix = lag_matrix(rows, columns, CPU)
    lags = list(product(window(rows, 1, 0), window(columns, 1, 0)))
    assert matrix.shape == (81, len(lags)) and matrix.dtype == torch.float64
    pairs = product(range(9), range(9))  # taps t, u in row-major order
    for row, (t, u) in zip(matrix, pairs, strict=True):
        seen = {t // 3, u // 3} <= set(rows) and {t % 3, u % 3} <= set(columns)
        found = [lag for lag, value in zip(lags, row, strict=True) if value]
        assert found == [(u // 3 - t // 3, u % 3 - t % 3)] * seen
    assert set(matrix.unique().tolist()) <= {0, 1}


@pytest.mark.parametrize('phase', list(product((0, 1), (0, 1))))
def test_at_stride_2_only_taps_that_see_a_pixel_of_the_phase_count(phase):
    matrix = lag_matrix(TAPS, TAPS, CPU, 2, phase)
    for pair, (t, _) in zip(matrix, product(range(9), range(9)), strict=True):
        # tap t of the patch at 2 o lies on pixel 2 o + t - 1
        sees = all(
            (tap - 1 - start) % 2 == 0 for tap, start in zip(divmod(t, 3), phase, strict=True)
        )
        assert pair.sum() == sees


def test_the_phases_together_are_all_pairs_once():
    total = sum(lag_matrix(TAPS, TAPS, CPU, 2, phase).sum(1) for phase in product((0, 1), (0, 1)))
    assert torch.equal(total, torch.ones(81, dtype=torch.float64))


@pytest.mark.parametrize(
    ('taps', 'stride', 'phase', 'lags'),
    [
        (TAPS, 1, 0, [-2, -1, 0, 1, 2]),
        (TAPS, 2, 0, [-1, 0, 1]),
        (TAPS, 2, 1, [-3, -2, -1, 0, 1, 2]),
        ((2,), 2, 1, [0]),
    ],
)
def test_window_by_hand(taps, stride, phase, lags):
    assert list(window(taps, stride, phase)) == lags
