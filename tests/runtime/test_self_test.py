import numpy as np
import pytest

from pfld_mm.runtime.golden_pair import GoldenPair
from pfld_mm.runtime.self_test import check_golden_pair, check_points

SIZE = 112
INPUT = np.ones((1, 3, 4, 4), np.float32)
EXACT = np.full((1, 68, 2), 0.5, np.float32)
INT8 = EXACT + 1 / SIZE
FORM = 'onnxruntime_int8'


def check(answer, outputs, backend=FORM):
    golden = GoldenPair(np.zeros((4, 4, 3), np.uint8), INPUT, EXACT, outputs)
    return check_golden_pair(golden, INPUT, lambda x: x * SIZE, lambda _: answer, backend, None)


def test_int8_is_compared_with_int8():
    assert check(INT8, {FORM: INT8}) == 0


def test_a_machine_on_which_int8_saturates_is_noticed():
    # half a pixel from what the same file gave where it was exported
    with pytest.raises(RuntimeError, match=r'0\.25 px are allowed'):
        check(INT8 + 0.5 / SIZE, {FORM: INT8})


def test_files_without_an_int8_output_are_compared_with_float():
    assert check(INT8, {}) == pytest.approx(1, abs=1e-3)
    with pytest.raises(RuntimeError, match='self-test failed'):
        check(INT8, {}, 'onnxruntime')


def test_another_number_of_points_is_a_failed_test():
    """A finder that sees other faces on this machine."""
    with pytest.raises(
        RuntimeError, match=r'self-test failed: points of shape \(21, 2\) instead of'
    ):
        check_points(np.zeros((21, 2)), np.zeros((7, 2)), 'onnxruntime', None)
    assert check_points(np.zeros((0, 2)), np.zeros((0, 2)), 'onnxruntime', None) == 0
